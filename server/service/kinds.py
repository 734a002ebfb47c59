"""The kinds of job: what each takes, what it gives, and which settings it obeys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...shared.declaration import SettingError
from ...shared.frames.settings import FrameSettings
from ...shared.settings import DreamSettings
from ...shared.wire.content import Content, FileInfo, is_suffix
from ...shared.wire.errors import WireError
from ..networks import catalogue
from ..networks.targets import check_target


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of job.

    title: as it stands in a sentence. main: the input without which there is nothing to dream on. others: inputs that
    may be given besides. results: what comes of it. files: whether its blobs are files, else they are pictures.
    follows: whether it may go on from another of its kind. check: the record of the settings, defaults filled in, from
    those given and the names of the inputs; raises `SettingError`.
    """

    title: str
    main: str
    others: tuple[str, ...]
    results: tuple[str, ...]
    files: bool
    follows: bool
    check: Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]

    def check_inputs(self, inputs: Mapping[str, Any]) -> None:
        """Raises `WireError` BAD_PARAM for inputs that this kind does not have, and for a missing main one."""
        allowed = f"{self.main}, and with it {', '.join(self.others[:-1])} and {self.others[-1]}"
        unknown = sorted(set(inputs) - {self.main, *self.others})
        if unknown:
            raise bad_param("inputs", f"A {self.title} has no input {unknown[0]!r:.40}", allowed)
        if self.main not in inputs:
            raise bad_param("inputs", f"There is no {self.main} to dream on", allowed)

    def check_content(self, name: str, content: Content) -> None:
        """Raises `WireError` BAD_PARAM for a file where there should be a picture, and the other way round."""
        if isinstance(content, FileInfo) != self.files:
            wanted = "a file" if self.files else "a picture's pixels"
            raise bad_param("inputs", f"The {name} of a {self.title} can't be sent like that", wanted)


def find(kind: str) -> Kind:
    """The kind of that name. Raises `WireError` BAD_PARAM."""
    if kind not in KINDS:
        raise bad_param("kind", f"There is no kind of dream {kind!r:.40}", " or ".join(KINDS))
    return KINDS[kind]


def bad_param(field: str, problem: str, allowed: str) -> WireError:
    """A request that can't be."""
    return WireError("BAD_PARAM", f"{problem}.", f"Allowed: {allowed}.", field=field, allowed=allowed)


def _still(settings: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    return _dream(settings, inputs).record()


def _frame(settings: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    kind = settings.get("kind")
    if not is_suffix(kind):
        raise SettingError("kind", f"A frame's format can't be {kind!r:.40}", "the suffix of a file, as .exr")
    unknown = sorted(set(settings) - {"dream", "frames", "kind"})
    if unknown:
        raise SettingError("settings", f"There is no group of settings {unknown[0]!r:.40}", "dream, frames, kind")
    dream = _dream(_group(settings, "dream"), inputs)
    frames = FrameSettings.from_mapping(_group(settings, "frames"))
    return {"dream": dream.record(), "frames": frames.record(), "kind": kind}


def _group(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    group = settings.get(name) or {}
    if not isinstance(group, Mapping):
        raise SettingError(name, "The settings are not in order", "a map of settings by name")
    return group


def _dream(settings: Mapping[str, Any], inputs: Mapping[str, Any]) -> DreamSettings:
    dream = DreamSettings.from_mapping(settings)
    check_target(catalogue.find(dream.network), dream.layers, guided="guide" in inputs)
    return dream


KINDS = {
    "still": Kind("still", "picture", ("guide", "mask"), ("picture",), files=False, follows=False, check=_still),
    "frame": Kind(
        "frame", "frame", ("guide", "mask", "passes"), ("frame", "memory"), files=True, follows=True, check=_frame
    ),
}
