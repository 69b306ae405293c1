"""What can go wrong for a reason that a person can mend: one base class, a few children, each with its sentences."""

from collections.abc import Callable
from typing import ClassVar, Self

from core import meters


class CamadasError(Exception):
    """An error with a reason code and details that a page can put into words.

    Args:
        reason: one of the keys of the class's `messages`.
        **details: what the message names: the argument, the rule, the value received.

    Raises:
        KeyError: if the reason is not one of the class's own.

    >>> str(ImageRejected("file_too_large", size_mb=31.4, limit_mb=20))
    'the file has 31.4 MB, more than 20 MB: save it smaller'
    """

    messages: ClassVar[dict[str, str]] = {}

    def __init__(self, reason: str, **details: object) -> None:
        self.reason = reason
        self.details = details
        super().__init__(self.messages[reason].format(**details))

    def __reduce__(self) -> tuple[Callable[..., "CamadasError"], tuple[object, ...]]:
        return _again, (type(self), self.reason, self.details)

    def alone(self) -> Self:
        """The same error without its traceback and causes, which hold what was being worked on."""
        self.__cause__ = self.__context__ = None
        return self.with_traceback(None)


def _again(kind: type[CamadasError], reason: str, details: dict[str, object]) -> CamadasError:
    """An error from another process; what is counted was counted there."""
    error = kind.__new__(kind)
    CamadasError.__init__(error, reason, **details)
    return error


class FileRejected(CamadasError):
    """Something that was given and is not taken; counted."""

    def __init__(self, reason: str, **details: object) -> None:
        super().__init__(reason, **details)
        meters.REJECTED.labels(f"{type(self).__name__}.{reason}").inc()


class ImageRejected(FileRejected):
    """A file, or an array, that is no picture we can use."""

    messages: ClassVar[dict[str, str]] = {
        "empty": "the file is empty: choose another one",
        "file_too_large": "the file has {size_mb:.1f} MB, more than {limit_mb} MB: save it smaller",
        "not_a_picture": "this is no JPEG, PNG, WebP, BMP, TIFF or GIF: save it as one of these",
        "too_many_pixels": "the picture has {megapixels:.1f} megapixels, more than {limit_megapixels}: save it smaller",
        "too_long": "the picture is {side} pixels long, more than {limit}: cut it",
        "broken": "the file is damaged or cut short: copy or export it again",
        "unsupported": "pixels of the kind {mode} are not read: save the picture as RGB",
    }


class SettingsError(CamadasError):
    """An argument outside its range or of the wrong shape."""

    messages: ClassVar[dict[str, str]] = {
        "variable": "{argument}={value!r} is not allowed: {rule}",
        "no_variable": "there is no setting {argument}: {rule}",
        "shape": "{argument} must be {rule}, but is {value}: change its shape",
        "folder": "{argument} is no folder that can be used ({value}): name another",
        "file": "{argument} cannot be read ({value}): name another file",
        "no_study": "no study {value} has begun: take the one that the page's link has as study_run",
        "own_points": "the points of study {value} are its visitor's own, and with its page alone: take another study",
        "resumed": "{argument} is {value}, but the run to resume has {rule}: take its settings, or begin anew",
        "unknown": "{argument} {value!r} is not known: choose one of {rule}",
        "range": "{argument} must be {rule}, but is {value}: change it",
        "no_numbers": "{argument} is empty: type rows of numbers",
        "not_a_number": "{argument}, row {row}, column {column}: {value!r} is no number: type one",
        "ragged": "{argument}, row {row} has {value} numbers, the first row {rule}: give all rows as many",
        "too_large": "{argument} has {value} numbers, more than {rule}: make it smaller",
        "too_many_blocks": "{argument} has {value} blocks, more than {rule}: leave some out",
        "blocks_differ": "the blocks of {argument} differ in size ({value}): give all the same",
        "kernel_too_large": "the kernel reaches over {value} cells, the padded input has {rule}: add padding, or take "
        "a smaller kernel or dilation",
        "nothing_drawn": "there is nothing on the sheet; draw a digit",
        "no_style": "there is no picture of yours yet; give one, or choose a style that is drawn by code",
        "style_too_small": "the style's shorter side has {value} pixels, fewer than {rule}: take a larger picture",
        "style_of_one_colour": "the style has one colour alone, so there are no strokes in it: take another picture",
        "bad_style": "{argument} is no style: {value}",
        "no_vgg19": "VGG-19 is neither on this server nor to be fetched: take the tiny VGG",
        "strokes": "{value!r} is no stroke; write points as across,down in hundredths",
        "moved": "{value!r} names no number of the code; write place:value, such as 3:1.5",
        "no_known_words": "{argument} has no word of the vocabulary: write others",
        "phrase_too_long": "a phrase has {value} words, more than {rule}: shorten it",
        "too_many_phrases": "there are {value} phrases, more than {rule}: leave some out",
        "unknown_word": "{value!r} is not in the vocabulary: write another word",
        "even_kernel": "the kernel has {value} numbers, so no middle: give it odd sides",
        "border": "a border of {value} cells cannot be made by {mode}, at most {rule}: add fewer, or take zeros",
        "groups": "{value} groups do not divide {rule} channels: choose a number that does",
        "channels": "the kernel has {value} input channels instead of {rule}: give it as many",
        "kernel_blocks": "{value} kernels do not fit: give {rule}, or twice as many, at most 4 filters",
        "transposed_padding": "a transposed convolution has no padding {value}: choose valid or a number",
        "divisor": "the divisor is {value}, too near 0: take 0.001 or more, with either sign",
        "too_long_text": "{argument} would take {value} characters, more than {rule}: use fewer digits",
        "nothing_left": "a padding of {value} leaves no output: take less",
        "too_many_layers": "{value} layers are more than {rule}: leave some out",
        "too_many_parameters": "with line {row} a layer has {value} parameters, more than {rule}: make it smaller",
        "too_many_products": "with line {row} a picture takes {value} multiply-adds, more than {rule}: take fewer "
        "channels, or pool earlier",
        "too_many_numbers": "with line {row} a picture becomes {value} numbers in all, more than {rule}: take fewer "
        "channels or layers, or pool earlier",
        "too_many_networks": "{value} networks are too many, at most {rule}: choose fewer values",
        "batch_norm_of_one": "batch norm compares the points of a step: take a batch size of 5 or more",
        "networks_differ": "networks that train together need the same layers: change their widths alone",
        "no_layer": "line {row}: {value!r} is no layer: write one of {rule}",
        "no_parameter": "line {row}: {kind} does not take {value!r}: leave it out",
        "layer_value": "line {row}: {argument} must be within {rule}, not {value!r}: change it",
        "not_flat": "a dense layer takes numbers in a row, not {value}: put flatten before it",
        "already_flat": "this layer slides over rows and columns, but gets {value} numbers in a row: move it before "
        "flatten",
        "pooling_padding": "a pooling is padded by at most half its window, {rule}, not {value}: take less",
        "pooling_uneven": "a pooling is padded alike on both sides: give its window odd sides, or a number of cells",
    }


class PipelineRejected(FileRejected):
    """A file, or settings, that make no augmentation pipeline."""

    messages: ClassVar[dict[str, str]] = {
        "file_too_large": "the file has {size_kb} kB, more than {limit_kb}: a pipeline is far smaller",
        "not_json": "the file is no JSON: take one that this page has written",
        "not_a_pipeline": "this is no pipeline: {where} cannot be {value!r}: take one that this page has written",
        "unknown_augmenter": "there is no augmenter {name!r}: choose one of the list",
        "unknown_parameter": "{name} has no parameter {parameter!r}: leave it out",
        "not_read": "{word!r} in {line!r} cannot be read: write name=value, or name=low..high",
        "too_long": "the pipeline takes {n} characters, more than {most}: leave steps out",
        "failed": "a step cannot do with this picture, whose shorter side has {side} pixels: take a larger one",
        "too_slow": "a draw takes too long: leave steps out, or take a smaller picture",
        "marks": "{name}: {value!r} is no place on the picture: write percents from 0 to 100",
        "no_group": "{line!r} stands in no group: write one, some or all above it, or take the - away",
        "value": "{name}: {parameter} must be within {rule}, not {value}: change it",
        "too_many_steps": "the pipeline has {n} steps, more than {most}: leave some out",
    }


class ZipRejected(FileRejected):
    """An archive of pictures that we do not unpack."""

    messages: ClassVar[dict[str, str]] = {
        "file_too_large": "the archive has {size_mb:.1f} MB, more than {limit_mb} MB: split it",
        "not_a_zip": "this is no ZIP file: pack the pictures as ZIP",
        "path": "the archive holds {name!r}, which leads out of it: pack the pictures anew",
        "no_pictures": "there are no pictures in the archive: put JPEG, PNG or WebP files into it",
        "too_many": "the archive holds {n} pictures, more than {most}: split it",
        "too_many_results": "that would be {n} results, more than {most}: take fewer pictures or copies",
        "picture_too_large": "{name!r} has more than {limit_mb} MB: save it smaller",
        "too_much": "the pictures have {size_mb:.0f} MB unpacked, more than {limit_mb}: split the archive",
        "bomb": "{name!r} unpacks to far more than a picture holds: pack the pictures anew",
        "broken": "{name!r} is damaged or has a password: pack the pictures anew, without one",
    }


class SoundRejected(FileRejected):
    """A file that is no sound we can use."""

    messages: ClassVar[dict[str, str]] = {
        "empty": "there is no sound in the file: choose another one",
        "file_too_large": "the file has {size_mb:.1f} MB, more than {limit_mb} MB: cut it",
        "not_a_wav": "this is no WAV file: save it as one",
        "broken": "the file is damaged or of a kind that is not read: export it as WAV with 16 bits",
        "too_long": "the sound lasts {seconds:.0f} s, longer than {limit} s: cut it",
        "rate": "{value} samples a second are not read: export it with 44100",
    }


class DatasetError(CamadasError):
    """A data set that is missing or broken."""

    messages: ClassVar[dict[str, str]] = {
        "missing": "the data set {name} ({split}) is not under {folder}: {how}",
        "broken_picture": "{file}, picture {row}: {why}: mend or remove it",
        "no_pictures": "{file} holds no pictures: name a Parquet file with a column image, or a folder of pictures",
        "no_colour": "{name} has no photo with colours to compare with: name colour photographs",
        "unknown_class": "there is no class {name}: name the folders {classes}",
        "no_labels": "{name} does not say what its pictures show: add a column label, or a folder for each class",
        "too_few": "{name} has {n} pictures, fewer than {least}: add some",
        "sizes_differ": "the pictures of {name} differ in size: take them one at a time",
    }


class CheckpointError(CamadasError):
    """A checkpoint file that is missing, damaged or made for another architecture."""

    messages: ClassVar[dict[str, str]] = {
        "missing": "there is no checkpoint {file}: train it with `python -m core train {name}`",
        "unreadable": "{file} is no checkpoint ({why}): fetch it again",
        "no_card": "{file} has no card in its header: write it with core.checkpoints.save",
        "wrong_hash": "{file} does not have the tensors that its card names: fetch it again",
        "tensors_differ": "{file} does not fit {architecture}: {why}: fetch the file that belongs to this version",
    }


class JobError(CamadasError):
    """A background job that cannot be."""

    messages: ClassVar[dict[str, str]] = {
        "storage": "the storage of studies does not answer: try again in a while",
        "full": "{n} jobs wait already: try again in a while",
        "too_many_own": "{n} jobs of this visitor or address go on already: end one",
        "crowded": "{n} requests wait to be computed already: try again in a while",
        "ended": "the job has ended: start another one",
        "busy": "the job has not answered in time: ask again in a while",
        "cluster": "the machines that compute do not answer: try again in a while",
    }


class PointsRejected(FileRejected):
    """A file, or points, that cannot be learned from."""

    messages: ClassVar[dict[str, str]] = {
        "empty": "there are no points: give some",
        "file_too_large": "the file has {size_mb:.1f} MB, more than {limit_mb} MB: leave rows out",
        "not_a_table": "the file is no table of text with three columns: save it as CSV",
        "columns": "row {row} has {value} columns instead of 3 (x, y, label): write three",
        "not_a_number": "row {row}: {value!r} is no number: x and y must be",
        "too_many": "there are more than {rule} points: leave rows out",
        "too_few": "there are {value} points, fewer than {rule}: add some",
        "one_class": "all points have the label {value!r}: two classes are needed at least",
        "too_many_classes": "there are {value} labels, more than {rule}: merge some",
    }


class NetworkRejected(FileRejected):
    """A file that is no network of ours."""

    messages: ClassVar[dict[str, str]] = {
        "file_too_large": "the file has {size_mb:.1f} MB, more than {limit_mb} MB: it is no network of this page",
        "not_ours": "this is no network of this page: choose a .safetensors file that was taken from it",
        "no_points": "the network was trained on points that are not in the file: take it from the page again",
        "other_shape": "the tensors do not fit the settings in the file: take it from the page again",
        "not_finite": "there are numbers in the file that no network can have: take it from the page again",
    }


class ExpressionError(CamadasError):
    """A text that is no function of x."""

    messages: ClassVar[dict[str, str]] = {
        "empty": "there is no function: write one, such as sin(2*x)",
        "syntax": "this is no expression: write one, such as sin(2*x)",
        "name": "{value!r} is not known: use x and {rule}",
        "not_allowed": "{value} cannot be used here: use numbers, x, + - * / ** and functions",
        "no_values": "the function has no value between -3 and 3: write another one",
    }
