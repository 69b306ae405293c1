"""Parameters of the address, written by the browser itself."""

from collections.abc import Mapping, Sequence

from ui.components.register import component


def address(values: Mapping[str, str | list[str]], defaults: Sequence[str]) -> None:
    """Put parameters into the visitor's address and take those at their default out; all others stay as they are."""
    lists = {name: [value] if isinstance(value, str) else value for name, value in values.items()}
    component("address")(data={"values": lists, "defaults": list(defaults)}, key="address")
