"""The one ordered list of the pages."""

from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from core.host import host
from ui.files import ROOT
from ui.language import N_, _


@dataclass(frozen=True)
class Entry:
    """One page.

    Attributes:
        slug: its file in pages/, its module in core/ and its address.
        section: a key of SECTIONS; empty for the home page.
        title: its name.
        promise: the question that it answers, in one sentence.
        icon: a Material icon.
        picture: a file in ui/assets/pictures, for its card on the home page.
        picture_alt: what the picture shows.
        wants_photo: whether the visitor's photo stands in the sidebar.
    """

    slug: str
    section: str
    title: str
    promise: str
    icon: str
    picture: str = ""
    picture_alt: str = ""
    wants_photo: bool = False


SECTIONS = {
    "foundations": N_("Foundations"),
    "convolution": N_("Convolution"),
    "networks": N_("Networks"),
    "classification": N_("Classification"),
    "generation": N_("Autoencoders"),
    "style": N_("Style"),
    "projects": N_("Projects"),
}

PAGES = (
    Entry(
        slug="home",
        section="",
        title=N_("Home"),
        promise=N_("What happens inside a network that works on pictures?"),
        icon=":material/home:",
        wants_photo=True,
    ),
    Entry(
        slug="convolution",
        section="convolution",
        title=N_("Convolution"),
        promise=N_("How does a small kernel read a whole picture?"),
        icon=":material/grid_on:",
        picture="convolution.webp",
        picture_alt=N_("A grid of numbers, a kernel that lies over nine of them, and the grid of sums that comes out."),
    ),
    Entry(
        slug="filters",
        section="convolution",
        title=N_("Filters on a photo"),
        promise=N_("What do nine numbers do to a photo?"),
        icon=":material/blur_on:",
        wants_photo=True,
        picture="filters.webp",
        picture_alt=N_("A photo of a cat, its right half as edges on black."),
    ),
    Entry(
        slug="layers",
        section="convolution",
        title=N_("Layer stack"),
        promise=N_("What does each layer of a network give, cost and see?"),
        icon=":material/layers:",
        picture="layers.webp",
        picture_alt=N_("A table of layers with their shapes, parameters and times."),
    ),
    Entry(
        slug="sound",
        section="convolution",
        title=N_("Sound"),
        promise=N_("How does a room change a clap of the hands?"),
        icon=":material/graphic_eq:",
        picture="sound.webp",
        picture_alt=N_("The frequencies of a clap over time, and how they linger in a room."),
    ),
    Entry(
        slug="words",
        section="convolution",
        title=N_("Words"),
        promise=N_("How does a filter read a sentence?"),
        icon=":material/notes:",
        picture="words.webp",
        picture_alt=N_("The words of a sentence as rows of coloured numbers, two of them in a frame."),
    ),
    Entry(
        slug="moons",
        section="networks",
        title=N_("Two moons"),
        promise=N_("When does a network bend its boundary?"),
        icon=":material/bubble_chart:",
        picture="moons.webp",
        picture_alt=N_("A small network between its features and the plane, whose boundary winds between two moons."),
    ),
    Entry(
        slug="sweep",
        section="networks",
        title=N_("Sweep"),
        promise=N_("Which learning rate, how many neurons, and how much of it is luck?"),
        icon=":material/grid_view:",
        picture="sweep.webp",
        picture_alt=N_("A grid of small planes, each with the boundary of one network, and a heat map of accuracies."),
    ),
    Entry(
        slug="study",
        section="networks",
        title=N_("Study"),
        promise=N_("Can a program find better settings than you?"),
        icon=":material/query_stats:",
        picture="study.webp",
        picture_alt=N_("Lines of many trials through parallel axes, the best ones in orange."),
    ),
    Entry(
        slug="cifar10",
        section="classification",
        title=N_("CNN on CIFAR-10"),
        promise=N_("What does a network see in your photo, and how sure may it be?"),
        icon=":material/category:",
        wants_photo=True,
        picture="cifar10.webp",
        picture_alt=N_("A photo of a cat, the same in 32 by 32 pixels, and bars of probability."),
    ),
    Entry(
        slug="evaluation",
        section="classification",
        title=N_("Evaluation"),
        promise=N_("Where is a network wrong, and does it know when?"),
        icon=":material/fact_check:",
        picture="evaluation.webp",
        picture_alt=N_("A confusion matrix of ten classes, its diagonal in strong colour."),
    ),
    Entry(
        slug="activations",
        section="classification",
        title=N_("Path through a network"),
        promise=N_("What is left of your photo after each layer?"),
        icon=":material/conversion_path:",
        wants_photo=True,
        picture="activations.webp",
        picture_alt=N_("The layers of a network as boxes that grow wide and flat, and the maps of one of them."),
    ),
    Entry(
        slug="train_cnn",
        section="classification",
        title=N_("Train a CNN"),
        promise=N_("Which layers would you take, and how far do they come in a minute?"),
        icon=":material/model_training:",
        picture="train_cnn.webp",
        picture_alt=N_("Curves of loss and accuracy of a network in training."),
    ),
    Entry(
        slug="augmentation",
        section="classification",
        title=N_("Augmentation"),
        promise=N_("How can one picture stand for many?"),
        icon=":material/auto_awesome_motion:",
        wants_photo=True,
        picture="augmentation.webp",
        picture_alt=N_("Nine draws of a photo of a cat, each turned, coloured and blurred in another way."),
    ),
    Entry(
        slug="augmentation_gain",
        section="classification",
        title=N_("What augmentation buys"),
        promise=N_("How much better does a network get by pictures that are made up?"),
        icon=":material/trending_up:",
        picture="augmentation_gain.webp",
        picture_alt=N_("Two curves of accuracy with bands around them: the one with augmentation ends higher."),
    ),
    Entry(
        slug="autoencoders",
        section="generation",
        title=N_("Autoencoder"),
        promise=N_("What is left of a picture in a handful of numbers?"),
        icon=":material/compress:",
        wants_photo=True,
        picture="autoencoders.webp",
        picture_alt=N_("A handwritten digit, bars for the numbers of its code, and the digit that comes back."),
    ),
    Entry(
        slug="latent_plane",
        section="generation",
        title=N_("Latent plane"),
        promise=N_("What lies between a three and an eight?"),
        icon=":material/scatter_plot:",
        picture="latent_plane.webp",
        picture_alt=N_("A plane of coloured points, one colour a digit, and digits that turn into each other."),
    ),
    Entry(
        slug="compression",
        section="generation",
        title=N_("Compression"),
        promise=N_("How few bytes does a digit need?"),
        icon=":material/folder_zip:",
        picture="compression.webp",
        picture_alt=N_("A digit in four ways: by an autoencoder, by principal components, as WebP and as JPEG."),
    ),
    Entry(
        slug="denoising",
        section="generation",
        title=N_("Denoising"),
        promise=N_("What does a network see in a digit that we can hardly see any more?"),
        icon=":material/auto_fix_high:",
        picture="denoising.webp",
        picture_alt=N_("A digit, the same under noise, and what an autoencoder and OpenCV make of that."),
    ),
    Entry(
        slug="train_vae",
        section="generation",
        title=N_("Train a VAE"),
        promise=N_("How much may a code cost?"),
        icon=":material/balance:",
        picture="train_vae.webp",
        picture_alt=N_("Two curves of a loss, a cloud of coloured codes, and a grid of digits made from chance."),
    ),
    Entry(
        slug="style_transfer",
        section="style",
        title=N_("Style transfer"),
        promise=N_("What does a photo look like in the style of any other picture?"),
        icon=":material/brush:",
        wants_photo=True,
        picture="style_transfer.webp",
        picture_alt=N_("A photo, its right half painted in the style of another picture."),
    ),
    Entry(
        slug="style_optimization",
        section="style",
        title=N_("Style by optimization"),
        promise=N_("What is a style, in numbers, and how are pixels brought to have it?"),
        icon=":material/trending_down:",
        wants_photo=True,
        picture="style_optimization.webp",
        picture_alt=N_("The same photo painted twice, step by step and at once, and the loss of both over time."),
    ),
    Entry(
        slug="colorization",
        section="projects",
        title=N_("Colorization"),
        promise=N_("What colours does a network give to a black-and-white photo?"),
        icon=":material/palette:",
        wants_photo=True,
        picture="colorization.webp",
        picture_alt=N_("A photo of a cat, its left half grey, its right half in the colours that the network gave it."),
    ),
)

ABOUT = Entry(
    slug="about",
    section="",
    title=N_("About"),
    promise=N_("What is kept of my visit, and what is all this made of?"),
    icon=":material/info:",
)
ALL = (*PAGES, ABOUT)


def is_open(slug: str) -> bool:
    """Whether the operator has opened this page; the home page always is."""
    only = host().pages
    return not only or slug in (*only, PAGES[0].slug, ABOUT.slug)


def entries(section: str) -> list[Entry]:
    """The open pages of a section."""
    return [page for page in PAGES if page.section == section and is_open(page.slug)]


def entry(slug: str) -> Entry:
    """The page with this slug."""
    return next(page for page in ALL if page.slug == slug)


def page_of(page: Entry) -> StreamlitPage:
    """The page as Streamlit wants it, titled in the visitor's language."""
    return st.Page(
        ROOT / "pages" / f"{page.slug}.py",
        title=_(page.title),
        icon=page.icon,
        url_path=page.slug,
        default=page is PAGES[0],
        visibility="hidden" if page is ABOUT else "visible",
    )


def link(slug: str, label: str, **values: Any) -> None:
    """A link to a page, if it is open."""
    if is_open(slug):
        found = entry(slug)
        st.page_link(page_of(found), label=label, icon=found.icon, **values)


def navigation() -> dict[str, list[StreamlitPage]]:
    """The open pages by section, for st.navigation; a section without any is left out. About is linked at the foot."""
    titles = {"": "", **{section: _(title) for section, title in SECTIONS.items()}}
    pages = {title: [page_of(page) for page in entries(section)] for section, title in titles.items()}
    pages[""].append(page_of(ABOUT))
    return {title: found for title, found in pages.items() if found}
