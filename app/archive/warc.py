"""One document as one WARC record in one gzip member, and back. Pure: bytes in, bytes out.

WARC/1.1 by `warcio`; each record is compressed by itself, so that it can be read at its offset.
"""

import base64
import zlib
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from app.archive.values import Document, Original, RecordLost

VERSION = "1.1"
LEVEL = 3
"""Of gzip. 6 saves a tenth of the space and takes two and a half times as long (README)."""
HEADERS = ("content-type", "content-language", "date", "last-modified", "etag", "server")
"""Headers of an answer that are kept: what describes the document, nothing of the visit."""
CLAIM = "Pwsync-Claim"
"""Our own field: `kind key run token`, enough to make the index again from the files."""
_END = b"\r\n\r\n"


def info_member(file: str, software: str) -> bytes:
    """The record that begins a file."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version=VERSION)
    facts = {"software": software, "format": f"WARC File Format {VERSION}"}
    writer.write_record(writer.create_warcinfo_record(file, facts))
    return compressed(out.getvalue())


def member(document: Document, sha256: str, original: Original | None) -> bytes:
    """The document as a `response`, or as a `revisit` of a record with the same payload."""
    out = BytesIO()
    writer = WARCWriter(out, gzip=False, warc_version=VERSION)
    claim = f"{document.kind} {document.key} {document.run_id} {document.token}"
    fields = {"WARC-Date": _date(document.observed_at), CLAIM: claim}
    answer = _answer(document)
    if original:
        record = writer.create_revisit_record(
            document.url,
            digest_of(sha256),
            original.url,
            _date(original.observed_at),
            http_headers=answer,
            warc_headers_dict=fields,
        )
    else:
        record = writer.create_warc_record(
            document.url,
            "response",
            payload=BytesIO(document.payload),
            length=len(document.payload),
            http_headers=answer,
            warc_headers_dict=fields | {"WARC-Payload-Digest": digest_of(sha256)},
        )
    writer.write_record(record)
    return compressed(out.getvalue())


def compressed(record: bytes) -> bytes:
    """One gzip member."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(record) + packer.flush()


def payload_of(member: bytes) -> bytes:
    """The payload of a `response` record. Raises RecordLost if the bytes are no whole record."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        record = unpacker.decompress(member)
    except zlib.error as error:
        raise RecordLost(f"no gzip member: {error}") from error
    fields, _, block = record.partition(_END)
    _, _, payload = block.partition(_END)
    if not unpacker.eof or not fields.startswith(b"WARC/") or not payload.endswith(_END):
        raise RecordLost("no whole record")
    return payload[: -len(_END)]


def digest_of(sha256: str) -> str:
    """A hexadecimal digest as WARC writes it."""
    return f"sha256:{base64.b32encode(bytes.fromhex(sha256)).decode()}"


def _answer(document: Document) -> StatusAndHeaders:
    told = [(name, document.headers[name]) for name in HEADERS if name in document.headers]
    sized = [*told, ("content-length", str(len(document.payload)))]
    return StatusAndHeaders(_status(document.status), sized, protocol="HTTP/1.1")


def _status(code: int) -> str:
    try:
        return f"{code} {HTTPStatus(code).phrase}"
    except ValueError:
        return f"{code} -"


def _date(moment: datetime) -> str:
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
