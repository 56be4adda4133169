"""How far the images are that a task waits for, in words; from hostless's own API."""

from collections.abc import Mapping
from typing import Any

from hostless.cli.api import Api
from hostless.cli.find_task import TaskView, own_containers

MEGABYTE = 1_000_000
WAITING = ("PROVISIONING", "PENDING")
"""In which a task may wait for its images."""


def pulls_of(api: Api, task: TaskView) -> list[str]:
    """A line for each image of the task that is being pulled, in the order of its containers."""
    if task["lastStatus"] not in WAITING:
        return []
    under_way = api.own("GET", "pulls")["pulls"]
    images = dict.fromkeys(str(each.get("image")) for each in own_containers(task))
    return [line_of(pull) for image in images for pull in under_way if _names(pull, image)]


def _names(pull: Mapping[str, Any], image: str) -> bool:
    """The digest is added to an image that a service's other tasks have found out."""
    return pull["image"] == image or str(pull["image"]).startswith(f"{image}@")


def line_of(pull: Mapping[str, Any]) -> str:
    here, size = (pull[name] / MEGABYTE for name in ("bytesHere", "bytes"))
    layers = f"{pull['layersHere']} of {pull['layers']} layers"
    return f"{pull['image']}: {layers}, {here:.1f} of {size:.1f} MB"
