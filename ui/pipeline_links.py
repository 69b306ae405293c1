"""From one page to another with a pipeline under the arm."""

from core import augmentation, augmentation_gain
from core.augmentation import PipelineSettings
from ui import catalog, controls
from ui.language import _


def to_builder(settings: PipelineSettings) -> None:
    """A link to the page that builds pipelines."""
    _link("augmentation", augmentation.Settings(**_shared(settings)), _("Build it in Augmentation"))


def to_gain(settings: PipelineSettings) -> None:
    """A link to the page that says what a pipeline is good for."""
    _link("augmentation_gain", augmentation_gain.Settings(**_shared(settings)), _("What does it buy?"))


def _shared(settings: PipelineSettings) -> dict[str, object]:
    """What both pages have; the seed is each page's own."""
    return {name: getattr(settings, name) for name in PipelineSettings.model_fields if name != "seed"}


def _link(slug: str, settings: PipelineSettings, label: str) -> None:
    catalog.link(slug, label, query_params=controls.link(slug, settings))
