"""Reads a `multipart/form-data` body, in which audio is sent to be transcribed."""

import base64
from email.parser import BytesParser
from email.policy import HTTP

from ingest.simulator.refusals import Refusal


def read_form(raw: bytes, content_type: str) -> dict[str, object]:
    """The fields of a form: text as it is, a file as `{"data": base64}`.

    Raises `Refusal` (400) for a body that is none.
    """
    message = BytesParser(policy=HTTP).parsebytes(
        f"content-type: {content_type}\r\n\r\n".encode() + raw
    )
    if not message.is_multipart():
        raise Refusal(400, "The request body is not a valid form")
    fields: dict[str, object] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", "", header="content-disposition"))
        decoded = part.get_payload(decode=True)
        content = decoded if isinstance(decoded, bytes) else b""
        is_file = part.get_filename() is not None
        fields[name] = {"data": base64.b64encode(content).decode()} if is_file else content.decode()
    return fields
