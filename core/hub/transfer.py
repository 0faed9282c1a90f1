"""Bytes of a file of a repository, and what goes wrong on the way, in sentences."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from core.errors import UserError
from core.hub.repository import RemoteFile, Repository

TIMEOUT_S = 15.0
"""So long the other side may say nothing."""
CHUNK = 1 << 17
"""Bytes that are received at a time."""
LOG_IN = "run “hf auth login” in a terminal"


class Unreachable(UserError):
    """The other side cannot be reached, or not any more."""


def received(
    repository: Repository, file: RemoteFile, begin: int, endpoint: str | None
) -> Generator[bytes, None, None]:
    """The bytes of a file from `begin` on.

    Raises:
        Unreachable: the connection cannot be made, or broke off; other UserErrors: the site
            refuses.
    """
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status

    url = hf_hub_url(
        repository.name, file.path, revision=repository.revision or None, endpoint=endpoint
    )
    headers = build_hf_headers(library_name="maskreel") | {"Accept-Encoding": "identity"}
    if begin:
        headers["Range"] = f"bytes={begin}-"
    with (
        understood(repository),
        get_session().stream("GET", url, headers=headers, timeout=TIMEOUT_S) as response,
    ):
        hf_raise_for_status(response)
        surplus = begin if response.status_code == 200 else 0  # the range was not heeded
        for chunk in response.iter_bytes(CHUNK):
            if fresh := chunk[surplus:]:
                yield fresh
            surplus = max(0, surplus - len(chunk))


@contextmanager
def understood(repository: Repository) -> Generator[None, None, None]:
    """What Hugging Face's client raises becomes a sentence."""
    import httpx2
    from huggingface_hub.errors import (
        EntryNotFoundError,
        GatedRepoError,
        HfHubHTTPError,
        OfflineModeIsEnabled,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    name = repository.name
    try:
        yield
    except GatedRepoError as error:
        raise UserError(
            f"{name} is given only to those who accept its terms. Accept them on "
            f"{repository.page}, {LOG_IN}, and try again."
        ) from error
    except RepositoryNotFoundError as error:
        raise UserError(
            f"There is no repository {name}, or it is private. Look at how it is written; for a "
            f"private one, {LOG_IN} first."
        ) from error
    except RevisionNotFoundError as error:
        raise UserError(
            f"{name} has no revision “{repository.revision}”. Leave it out for the newest."
        ) from error
    except EntryNotFoundError as error:
        raise UserError(f"{name} has changed meanwhile. Look at it again.") from error
    except HfHubHTTPError as error:
        status = error.response.status_code
        raise UserError(
            f"Hugging Face refuses {name} just now (error {status}). Try again in a few minutes."
        ) from error
    except OfflineModeIsEnabled as error:
        raise Unreachable(
            "Downloads are switched off by HF_HUB_OFFLINE. Unset it and start Maskreel again."
        ) from error
    except httpx2.TransportError as error:
        raise Unreachable(
            f"Hugging Face cannot be reached for {name} ({error or type(error).__name__}). Look "
            "at the connection and try again; what has arrived is kept."
        ) from error
