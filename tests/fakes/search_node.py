"""A stand-in for MongoDB with search nodes: its wire protocol on loopback, for a real pymongo.

It searches nothing: it remembers each command as it arrived, and answers what a test gave it. Of
search indexes it keeps a list, and each look at the list builds them one step further.
"""

import socketserver
import struct
import threading
from collections.abc import Callable
from typing import Any, Self

import bson
from bson.codec_options import DEFAULT_CODEC_OPTIONS
from pymongo import MongoClient

from kbsite.documents import Document

_QUERY, _REPLY, _MSG = 2004, 1, 2013
_QUIET = {"hello", "ismaster", "isMaster", "ping", "endSessions"}
_HELLO = {
    "isWritablePrimary": True, "ismaster": True, "setName": "rs", "hosts": ["127.0.0.1"],
    "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000,
    "maxWriteBatchSize": 100_000, "minWireVersion": 0, "maxWireVersion": 26,
    "logicalSessionTimeoutMinutes": 30, "helloOk": True,
}  # fmt: skip
_NEXT = {"PENDING": "BUILDING", "BUILDING": "READY"}


class SearchNode:
    """Use as a context manager. `found` holds what each index finds; `commands` what was asked.

    `refuse` may answer a command with an error document, or raise to hang up.
    """

    def __init__(self) -> None:
        self.commands: list[Document] = []
        self.found: dict[str, list[Document]] = {}
        self.stored: list[Document] = []
        self.indexes: dict[str, Document] = {}
        self.version = [8, 2, 0, 0]
        self.refuse: Callable[[Document], Document | None] = lambda command: None
        self._server = _Server(("127.0.0.1", 0), _Connection)
        self._server.node = self
        serve = self._server.serve_forever
        self._thread = threading.Thread(target=serve, args=(0.01,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.client = MongoClient[Document](
            "127.0.0.1", self._server.server_address[1], directConnection=True,
            retryReads=False, heartbeatFrequencyMS=60_000, serverSelectionTimeoutMS=2_000,
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self._server.shutdown()
        self._server.server_close()

    def asked(self, stage: str) -> list[list[Document]]:
        """The pipelines that began with the stage, in the order in which they arrived."""
        pipelines: list[Any] = [one["pipeline"] for one in self.commands if "pipeline" in one]
        return [pipeline for pipeline in pipelines if stage in pipeline[0]]

    def answer(self, command: Document) -> Document:
        name = next(iter(command))
        if name in _QUIET:
            return {**_HELLO, "ok": 1.0}
        self.commands.append(command)
        if refused := self.refuse(command):
            return {"ok": 0.0, **refused}
        return {"ok": 1.0, **self._done(name, command)}

    def _done(self, name: str, command: Document) -> Document:
        collection = command[name]
        if name == "aggregate":
            return _cursor(collection, self._aggregated(command["pipeline"][0], collection))
        if name == "find":
            return _cursor(collection, self._kept(command["filter"].get("article_id")))
        if name == "createSearchIndexes":
            for one in command["indexes"]:
                self._build(collection, one["name"], one["definition"], queryable=False)
        elif name == "updateSearchIndex":
            self._build(collection, command["name"], command["definition"], queryable=True)
        elif name == "dropSearchIndex":
            del self.indexes[command["name"]]
        told = {
            "versionArray": self.version,
            "version": "8.2.0",
            "n": len(self.stored),
            "values": [],
        }
        return {**told, "indexesCreated": command.get("indexes")}

    def _kept(self, articles: Document | None) -> list[Document]:
        wanted = articles["$in"] if articles else [one["article_id"] for one in self.stored]
        return [one for one in self.stored if one["article_id"] in wanted]

    def _aggregated(self, stage: Document, collection: str) -> list[Document]:
        [(operator, asked)] = stage.items()
        if operator == "$listSearchIndexes":
            return self._listed(collection)
        return self.found.get(asked.get("index", operator), [])

    def _build(self, collection: str, name: str, definition: Any, *, queryable: bool) -> None:
        index = {"name": name, "status": "PENDING", "latestDefinition": definition}
        self.indexes[name] = {**index, "queryable": queryable, "collection": collection}

    def _listed(self, collection: str) -> list[Document]:
        here = [one for one in self.indexes.values() if one["collection"] == collection]
        told = [dict(one) for one in here]
        for one in here:
            one["status"] = _NEXT.get(one["status"], one["status"])
            one["queryable"] = one["queryable"] or one["status"] == "READY"
        return told


def _cursor(collection: Any, documents: list[Document]) -> Document:
    return {"cursor": {"id": 0, "ns": f"kb.{collection}", "firstBatch": documents}}


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
    node: SearchNode


class _Connection(socketserver.StreamRequestHandler):
    """OP_MSG, and OP_QUERY for a driver's first greeting."""

    server: _Server

    def handle(self) -> None:
        while header := self.rfile.read(16):
            length, request, _, opcode = struct.unpack("<iiii", header)
            body = self.rfile.read(length - 16)
            try:
                self._answer(request, opcode, body)
            except ConnectionError:
                return

    def _answer(self, request: int, opcode: int, body: bytes) -> None:
        reply_to, start = (_REPLY, body.index(0, 4) + 9) if opcode == _QUERY else (_MSG, 5)
        command = bson.decode(body[start:][: struct.unpack_from("<i", body, start)[0]])
        encoded = bson.encode(self.server.node.answer(command), codec_options=DEFAULT_CODEC_OPTIONS)
        before = struct.pack("<iqii", 8, 0, 0, 1) if reply_to == _REPLY else b"\0\0\0\0\0"
        size = 16 + len(before) + len(encoded)
        self.wfile.write(struct.pack("<iiii", size, 0, request, reply_to) + before + encoded)
