"""A reason from core, as a sentence in the visitor's language; the remedy comes last."""

import re

import streamlit as st

from core.errors import CamadasError
from ui.language import N_, _, number

SENTENCES = {
    ("ImageRejected", "empty"): N_("The file is empty. Choose another one."),
    ("ImageRejected", "file_too_large"): N_(
        "The file has {size_mb} MB; {limit_mb} MB is the most. Save a smaller copy."
    ),
    ("ImageRejected", "not_a_picture"): N_(
        "This file cannot be read as a picture. Save it as JPEG, PNG, WebP, BMP, TIFF or GIF."
    ),
    ("ImageRejected", "too_many_pixels"): N_(
        "The picture has {megapixels} megapixels; {limit_megapixels} is the most. Save a smaller copy."
    ),
    ("ImageRejected", "too_long"): N_("The picture is {side} pixels long; {limit} is the most. Cut or shrink it."),
    ("ImageRejected", "broken"): N_("The file is damaged or cut short. Copy or export it again."),
    ("ImageRejected", "unsupported"): N_("Pixels of the kind {mode} cannot be read. Save the picture as RGB."),
    ("SoundRejected", "empty"): N_("There is no sound in this file. Choose another one."),
    ("SoundRejected", "file_too_large"): N_("The file has {size_mb} MB; {limit_mb} MB is the most. Cut it."),
    ("SoundRejected", "not_a_wav"): N_("This is no WAV file. Save the sound as WAV."),
    ("SoundRejected", "broken"): N_(
        "The file is damaged, or of a kind that is not read. Export it as WAV with 16 bits."
    ),
    ("SoundRejected", "too_long"): N_("The sound lasts {seconds} s; {limit} s is the most. Cut it."),
    ("SoundRejected", "rate"): N_("{value} samples a second are not read. Export it with 44100."),
    ("ZipRejected", "file_too_large"): N_("The archive has {size_mb} MB; {limit_mb} MB is the most. Split it."),
    ("ZipRejected", "not_a_zip"): N_("This is no ZIP file. Pack the pictures as ZIP."),
    ("ZipRejected", "path"): N_("The archive holds “{name}”, which leads out of it. Pack the pictures anew."),
    ("ZipRejected", "no_pictures"): N_("There are no pictures in the archive. Put JPEG, PNG or WebP files into it."),
    ("ZipRejected", "too_many"): N_("The archive holds {n} pictures; {most} is the most. Split it."),
    ("ZipRejected", "too_many_results"): N_("That would be {n} results; {most} is the most. Take fewer copies."),
    ("ZipRejected", "picture_too_large"): N_("“{name}” has more than {limit_mb} MB. Save it smaller."),
    ("ZipRejected", "too_much"): N_("The pictures have {size_mb} MB unpacked; {limit_mb} is the most. Split them."),
    ("ZipRejected", "bomb"): N_("“{name}” unpacks to far more than a picture holds. Pack the pictures anew."),
    ("ZipRejected", "broken"): N_("“{name}” is damaged or has a password. Pack the pictures anew, without one."),
    ("PipelineRejected", "file_too_large"): N_("The file has {size_kb} kB; {limit_kb} kB is the most for a pipeline."),
    ("PipelineRejected", "not_json"): N_("This file is no JSON. Take one that this page has written."),
    ("PipelineRejected", "not_a_pipeline"): N_(
        "This is no pipeline: {where} cannot be “{value}”. Take one that this page has written."
    ),
    ("PipelineRejected", "unknown_augmenter"): N_("There is no augmenter “{name}”. Choose one of the list."),
    ("PipelineRejected", "unknown_parameter"): N_("{name} has no parameter “{parameter}”. Leave it out."),
    ("PipelineRejected", "not_read"): N_("“{word}” in “{line}” cannot be read. Write name=value or name=low..high."),
    ("PipelineRejected", "too_long"): N_("The pipeline takes {n} characters; {most} is the most. Leave steps out."),
    ("PipelineRejected", "too_slow"): N_("A draw takes too long. Leave steps out, or take a smaller picture."),
    ("PipelineRejected", "failed"): N_(
        "A step cannot do with this picture, whose shorter side has {side} pixels. Take a larger one, or leave it out."
    ),
    ("PipelineRejected", "marks"): N_("“{value}” is no place on the picture. Write percents from 0 to 100."),
    ("PipelineRejected", "no_group"): N_("“{line}” is in no group. Put a group above it, or take the dash away."),
    ("PipelineRejected", "value"): N_("{name}: {parameter} must be within {rule}, not {value}. Change it."),
    ("PipelineRejected", "too_many_steps"): N_("The pipeline has {n} steps; {most} is the most. Leave some out."),
    ("JobError", "storage"): N_("The place where studies are kept does not answer. Try again in a while."),
    ("JobError", "too_many_own"): N_("{n} runs of yours go on already. End one, or close a tab, and start again."),
    ("JobError", "crowded"): N_("So many are here that {n} requests wait already. Try again in a while."),
    ("JobError", "full"): N_("{n} runs wait already. Try again in a while."),
    ("JobError", "ended"): N_("This run has ended. Start another one."),
    ("JobError", "busy"): N_("This takes longer than usual. Ask again in a moment."),
    ("JobError", "cluster"): N_(
        "The machines that compute do not answer. Your photo and settings are kept. Try again in a while."
    ),
    ("PointsRejected", "empty"): N_("There are no points in this file. Choose another one."),
    ("PointsRejected", "file_too_large"): N_("The file has {size_mb} MB; {limit_mb} MB is the most. Leave rows out."),
    ("PointsRejected", "not_a_table"): N_("This is no table. Save it as CSV with three columns: x, y, label."),
    ("PointsRejected", "columns"): N_("Row {row} has {value} columns. Write three: x, y, label."),
    ("PointsRejected", "not_a_number"): N_("Row {row}: “{value}” is no number. The first two columns must be."),
    ("PointsRejected", "too_many"): N_("There are more than {rule} points. Leave rows out."),
    ("PointsRejected", "too_few"): N_("There are only {value} points; {rule} are needed."),
    ("PointsRejected", "one_class"): N_("All points have the label “{value}”. Two classes are needed at least."),
    ("PointsRejected", "too_many_classes"): N_("There are {value} different labels; {rule} is the most."),
    ("NetworkRejected", "file_too_large"): N_(
        "The file has {size_mb} MB; {limit_mb} MB is the most. It is no network of this page."
    ),
    ("NetworkRejected", "not_ours"): N_(
        "This is no network of this page. Choose a .safetensors file that was taken from it."
    ),
    ("NetworkRejected", "no_points"): N_(
        "The network was trained on points that are not in the file. Take it from the page again."
    ),
    ("NetworkRejected", "other_shape"): N_(
        "The tensors do not fit the settings in the file. Take it from the page again."
    ),
    ("NetworkRejected", "not_finite"): N_(
        "The file has numbers that no network can have. Take it from the page again."
    ),
    ("ExpressionError", "empty"): N_("There is no function. Write one, such as sin(2*x)."),
    ("ExpressionError", "syntax"): N_("This is no expression. Write one, such as sin(2*x)."),
    ("ExpressionError", "name"): N_("“{value}” is not known here. Use x and {rule}."),
    ("ExpressionError", "not_allowed"): N_("{value} cannot be used here. Use numbers, x, + - * / ** and functions."),
    ("ExpressionError", "no_values"): N_("The function has no value between −3 and 3. Write another one."),
    ("CheckpointError", "missing"): N_("The network's file {file} is missing. Train it, or fetch it again."),
    ("CheckpointError", "unreadable"): N_("The network's file {file} is damaged. Fetch it again."),
    ("CheckpointError", "no_card"): N_("The network's file {file} does not say what it is. Fetch it again."),
    ("CheckpointError", "wrong_hash"): N_("The network's file {file} has been changed. Fetch it again."),
    ("CheckpointError", "tensors_differ"): N_("The network's file {file} belongs to another version. Fetch it again."),
    ("DatasetError", "missing"): N_(
        "The data set {name} is not on this server. The rest of the page works without it."
    ),
    ("DatasetError", "broken_picture"): N_("A picture of the data set is damaged: {file}, number {row}."),
    ("DatasetError", "no_pictures"): N_("There are no pictures in {file}."),
    ("DatasetError", "no_colour"): N_("{name} has no photo with colours to compare with."),
    ("DatasetError", "unknown_class"): N_("There is no class {name}. The folders are to be named {classes}."),
    ("DatasetError", "no_labels"): N_("{name} does not say what its pictures show."),
    ("DatasetError", "too_few"): N_("{name} has {n} pictures; at least {least} are needed."),
    ("DatasetError", "sizes_differ"): N_("The pictures of {name} differ in size."),
    ("SettingsError", "no_variable"): N_("There is no setting {argument}: {rule}"),
    ("SettingsError", "variable"): N_("{argument} cannot be {value}: {rule}"),
    ("SettingsError", "shape"): N_("{argument} must be {rule}, but is {value}."),
    ("SettingsError", "folder"): N_("{argument} is no folder that can be used: {value}."),
    ("SettingsError", "file"): N_("{argument} cannot be read: {value}."),
    ("SettingsError", "no_study"): N_("No study {value} has begun. Take the one that the page's link has."),
    ("SettingsError", "own_points"): N_("The points of study {value} are with its page alone. Take another study."),
    ("SettingsError", "resumed"): N_("{argument} is {value}, but the run to resume has {rule}."),
    ("SettingsError", "unknown"): N_("{argument} {value} is not known. Choose one of {rule}."),
    ("SettingsError", "range"): N_("{argument} must be {rule}, but is {value}."),
    ("SettingsError", "no_numbers"): N_("{argument}: there are no numbers. Type rows of them."),
    ("SettingsError", "not_a_number"): N_("{argument}, row {row}, column {column}: “{value}” is no number we can use."),
    ("SettingsError", "ragged"): N_(
        "{argument}: row {row} has {value} numbers, the first one {rule}. Give all rows as many."
    ),
    ("SettingsError", "too_large"): N_("{argument}: {value} numbers are too many; {rule} is the most."),
    ("SettingsError", "too_many_blocks"): N_("{argument}: {value} blocks are too many; {rule} is the most."),
    ("SettingsError", "blocks_differ"): N_("{argument}: all blocks must have the same size, but these are {value}."),
    ("SettingsError", "kernel_too_large"): N_(
        "The kernel reaches over {value} cells, but the padded input has only {rule}. Add padding, or take a smaller "
        "kernel or dilation."
    ),
    ("SettingsError", "nothing_drawn"): N_("There is nothing on the sheet. Draw a digit, or choose an example."),
    ("SettingsError", "no_style"): N_("There is no picture of yours yet. Give one, or choose a style drawn by code."),
    ("SettingsError", "style_too_small"): N_(
        "The style's shorter side has {value} pixels; {rule} is the least. Take a larger picture."
    ),
    ("SettingsError", "style_of_one_colour"): N_(
        "The style has one colour alone: there are no strokes in it. Take another picture."
    ),
    ("SettingsError", "bad_style"): N_("{argument} is no style: {value}"),
    ("SettingsError", "no_vgg19"): N_("VGG-19 is not on this server and cannot be downloaded. Choose the tiny VGG."),
    ("SettingsError", "strokes"): N_("“{value}” is no stroke. Write points as across,down in hundredths: 20,30 70,80."),
    ("SettingsError", "moved"): N_("“{value}” names no number of the code. Write place:value, such as 3:1.5."),
    ("SettingsError", "no_known_words"): N_("{argument}: there is no word of the small vocabulary. Write others."),
    ("SettingsError", "phrase_too_long"): N_("A phrase of {value} words is too long; {rule} is the most here."),
    ("SettingsError", "too_many_phrases"): N_("{value} phrases are too many; {rule} is the most."),
    ("SettingsError", "unknown_word"): N_("“{value}” is not in the small vocabulary. Write another word."),
    ("SettingsError", "even_kernel"): N_(
        "A kernel of {value} has no middle. Give it an odd number of rows and of columns."
    ),
    ("SettingsError", "border"): N_(
        "A border of {value} cells cannot be made this way ({mode}): {rule} is the most. Add fewer, or take zeros."
    ),
    ("SettingsError", "groups"): N_("{value} groups do not divide {rule} channels. Choose a number that does."),
    ("SettingsError", "channels"): N_("The kernel has {value} input channels; {rule} are needed."),
    ("SettingsError", "kernel_blocks"): N_(
        "{value} kernels do not fit these channels and groups. Give {rule}, or a multiple of it, for at most 4 filters."
    ),
    ("SettingsError", "transposed_padding"): N_(
        "For a transposed convolution, padding cuts the output: choose valid or a number, not {value}."
    ),
    ("SettingsError", "divisor"): N_("The divisor is {value}, too near 0. Take 0.001 or more, with either sign."),
    ("SettingsError", "too_long_text"): N_(
        "{argument}: that would take {value} characters; {rule} is the most. Use fewer digits, or a smaller size."
    ),
    ("SettingsError", "nothing_left"): N_("A padding of {value} cuts away the whole output. Take less."),
    ("SettingsError", "too_many_layers"): N_("{value} layers are too many; {rule} is the most."),
    ("SettingsError", "too_many_parameters"): N_(
        "Line {row}: this layer has {value} parameters, more than {rule}. Make it smaller."
    ),
    ("SettingsError", "too_many_products"): N_(
        "Line {row}: a picture takes {value} multiply-adds by then, more than {rule}. Take fewer channels, or pool "
        "earlier."
    ),
    ("SettingsError", "too_many_numbers"): N_(
        "Line {row}: a picture has become {value} numbers by then, more than {rule}. Take fewer channels or layers, or "
        "pool earlier."
    ),
    ("SettingsError", "too_many_networks"): N_(
        "{value} networks are too many; {rule} is the most. Choose fewer values."
    ),
    ("SettingsError", "batch_norm_of_one"): N_(
        "Batch norm compares the points of a step. Take a batch size of 5 or more, or no batch norm."
    ),
    ("SettingsError", "networks_differ"): N_("Networks that train together need the same layers."),
    ("SettingsError", "no_layer"): N_("Layer {row}: “{value}” is no layer. Write one of {rule}."),
    ("SettingsError", "no_parameter"): N_("Layer {row}: {kind} does not take “{value}”."),
    ("SettingsError", "layer_value"): N_("Layer {row}: {argument} must be within {rule}; “{value}” is not."),
    ("SettingsError", "not_flat"): N_(
        "A dense layer takes numbers in a row, but gets {value}. Put a flatten layer before it."
    ),
    ("SettingsError", "already_flat"): N_(
        "This layer slides over rows and columns, but gets {value} numbers in a row. Move it before flatten."
    ),
    ("SettingsError", "pooling_padding"): N_("A pooling is padded by at most half its window, {rule}; not {value}."),
    ("SettingsError", "pooling_uneven"): N_(
        "A pooling is padded alike on both sides. Give its window odd sides, or say a number."
    ),
}


ARGUMENTS = {
    "neurons": N_("Neurons"),
    "sentence": N_("Sentence"),
    "filters": N_("Filters"),
    "input": N_("Input"),
    "kernel": N_("Kernel"),
    "divisor": N_("Divisor S"),
    "custom": N_("Custom kernel"),
}


def sentence(error: CamadasError) -> str:
    """What happened and what helps, in the visitor's language; what the visitor wrote is shown as it is."""
    details = {name: _said(value) for name, value in error.details.items()}
    if error.details.get("argument") in ARGUMENTS:
        details["argument"] = _(ARGUMENTS[str(error.details["argument"])])
    return _(SENTENCES[type(error).__name__, error.reason]).format(**details)


def _said(value: object) -> str:
    if isinstance(value, int | float):
        return number(value, 0 if float(value).is_integer() and isinstance(value, int) else 1)
    return plain_text(_(str(value)) if str(value) else "")


def plain_text(text: str) -> str:
    """A text as Markdown that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>()#!|$~:])", r"\\\1", text)


def show(message: str) -> None:
    """A problem that the visitor can mend."""
    st.error(message, icon=":material/info:")
