"""AWS's service models, loaded when first needed.

A service's metadata (names, protocols) stand at the head of its file and are read alone, so that
an engine that offers EC2 need not read EC2's huge model to start.
"""

import gzip
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import botocore
import orjson
from botocore.loaders import ExtrasProcessor
from botocore.model import OperationModel, ServiceModel

_HEAD_BYTES = 8192


class ServiceDescription:
    """One AWS service as botocore describes it. name: botocore's name of it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._folder = _newest_version(name)
        self._operations: dict[str, OperationModel] = {}

    @cached_property
    def metadata(self) -> Mapping[str, Any]:
        with gzip.open(self._folder / "service-2.json.gz") as file:
            head = file.read(_HEAD_BYTES).decode(errors="ignore")
        at = head.find('"metadata":')
        if at < 0:
            return dict(self.model.metadata)
        try:
            metadata: Mapping[str, Any] = json.JSONDecoder().raw_decode(head[at + 11 :].lstrip())[0]
        except ValueError:
            return dict(self.model.metadata)
        return metadata

    @cached_property
    def model(self) -> ServiceModel:
        return ServiceModel(self._description, self.name)

    @property
    def exception_names(self) -> tuple[str, ...]:
        """The shapes that are errors. (botocore's own list builds every shape of the model.)"""
        shapes = self._description["shapes"].items()
        return tuple(name for name, shape in shapes if shape.get("exception"))

    @property
    def protocols(self) -> tuple[str, ...]:
        """botocore's names: json, query, ec2, rest-json, rest-xml, smithy-rpc-v2-cbor."""
        return tuple(self.metadata.get("protocols") or [self.metadata["protocol"]])

    @property
    def signing_name(self) -> str:
        return str(self.metadata.get("signingName", self.metadata["endpointPrefix"]))

    @property
    def api_version(self) -> str:
        return str(self.metadata["apiVersion"])

    @property
    def target_prefix(self) -> str | None:
        return self.metadata.get("targetPrefix")

    @property
    def is_query_compatible(self) -> bool:
        """Errors keep the codes of a former query protocol in a header of their own."""
        return "awsQueryCompatible" in self.metadata

    def find_operation(self, name: str) -> OperationModel | None:
        """AWS's model of the operation; the same object every time."""
        if name not in self._operations:
            if name not in self.model.operation_names:
                return None
            self._operations[name] = self.model.operation_model(name)
        return self._operations[name]

    @cached_property
    def _description(self) -> dict[str, Any]:
        packed = self._folder / "service-2.json.gz"
        description: dict[str, Any] = orjson.loads(gzip.decompress(packed.read_bytes()))
        extras = self._folder / "service-2.sdk-extras.json"
        if extras.exists():
            ExtrasProcessor().process(description, [orjson.loads(extras.read_bytes())])
        return description


def _newest_version(name: str) -> Path:
    folder = Path(botocore.__file__).parent / "data" / name
    versions = [path.parent for path in folder.glob("*/service-2.json.gz")]
    if not versions:
        raise ValueError(f"botocore knows no service {name!r}")
    return max(versions)
