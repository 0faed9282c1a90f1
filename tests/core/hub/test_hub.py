"""Repositories are looked at first; downloads resume, are checked, and appear whole or not."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import library
from core.cards import TOKENIZER_FILE, TRANSFORMER_FILE, ModelCard, list_bundles
from core.errors import UserError
from core.hub.downloading import download, throw_away, unfinished
from core.hub.offers import look
from core.hub.repository import Offer, Repository
from core.hub.transfer import Unreachable
from core.library import origin
from tests.bare_bundles import bare_bundle
from tests.hub_server import COMMIT, Site, serving

HALF = 200_000
"""Bytes of a weights file of 400,104."""


@pytest.fixture(autouse=True)
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody's token goes to the site of the tests."""
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "huggingface"))


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with serving(Site().hold(bare_bundle(tmp_path / "offered" / "bare"))) as served:
        yield served


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


def looked(site: Site, own: Path, text: str = "owner/name") -> Offer:
    return look(Repository.parse(text), own, site.address)


def fetched(site: Site, own: Path) -> Path:
    updates = list(download(looked(site, own), own, site.address))
    assert updates[-1].bundle is not None
    return updates[-1].bundle


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("owner/name", Repository("owner/name")),
        (" owner/name@v1.0 ", Repository("owner/name", "v1.0")),
        ("owner/name/small/one@main", Repository("owner/name", "main", "small/one")),
        ("https://huggingface.co/owner/name", Repository("owner/name")),
        ("https://hf.co/o/n/tree/main/small", Repository("o/n", "main", "small")),
    ],
)
def test_repository_is_read_as_people_write_it(text: str, known: Repository) -> None:
    assert Repository.parse(text) == known


@pytest.mark.parametrize("text", ["", "name", "../../etc", "a b/c", "owner/../x"])
def test_what_is_no_repository_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="no repository"):
        Repository.parse(text)


def test_offer_tells_all_before_anything_is_downloaded(site: Site, own: Path) -> None:
    site.files["training.ckpt"] = b"x" * 10

    offer = looked(site, own)

    assert offer.card.title == "Bare model"
    assert offer.licence == "apache-2.0"
    assert offer.left_out == ("training.ckpt",)
    assert offer.repository.revision == COMMIT
    names = ["card.json", "tokenizer.safetensors", "transformer.safetensors"]
    assert [file.name for file in offer.files] == names
    assert offer.total == sum(len(site.files[name]) for name in names)
    assert site.asked == [("card.json", 0)]
    assert not own.exists()


@pytest.mark.parametrize(
    "path", ["../card.json", "samples/../../x.mp4", "samples\\..\\..\\x.mp4", "samples/c:x.mp4"]
)
def test_names_that_lead_elsewhere_are_not_asked_for(site: Site, own: Path, path: str) -> None:
    site.files[path] = b"x"

    assert path not in [file.path for file in looked(site, own).files]


def test_download_brings_the_same_bytes_and_says_where_from(site: Site, own: Path) -> None:
    folder = fetched(site, own)

    assert folder == own / "bare"
    for name in (TOKENIZER_FILE, TRANSFORMER_FILE):
        assert (folder / name).read_bytes() == site.files[name]
    assert isinstance(list_bundles(own)[0][1], ModelCard)
    known = origin(folder)
    assert known is not None
    assert (known.repository, known.revision) == ("owner/name", COMMIT)
    assert list(own.iterdir()) == [folder]


def test_progress_counts_the_bytes_of_all_files(site: Site, own: Path) -> None:
    offer = looked(site, own)

    updates = list(download(offer, own, site.address))

    done = [update.done for update in updates]
    assert done == sorted(done)
    assert done[-1] == offer.total == updates[0].total
    assert len(done) > len(offer.files) + 4


def test_second_model_of_that_name_gets_another_folder(site: Site, own: Path) -> None:
    fetched(site, own)

    assert fetched(site, own) == own / "bare-2"


def test_broken_connection_goes_on_at_once(site: Site, own: Path) -> None:
    site.breaks[TOKENIZER_FILE] = [HALF]

    folder = fetched(site, own)

    assert (folder / TOKENIZER_FILE).read_bytes() == site.files[TOKENIZER_FILE]
    begins = [begin for path, begin in site.asked if path == TOKENIZER_FILE]
    assert begins[0] == 0
    assert 0 < begins[1] <= HALF


def test_download_that_was_stopped_goes_on_later(site: Site, own: Path) -> None:
    offer = looked(site, own)
    updates = download(offer, own, site.address)
    stopped = next(update for update in updates if update.file == TOKENIZER_FILE and update.done)
    updates.close()
    assert [entry for entry in own.iterdir() if not entry.name.startswith(".")] == []
    (known,) = unfinished(own)
    assert known == (offer.repository, stopped.done, offer.total)

    again = looked(site, own)
    assert again.here == stopped.done
    site.asked.clear()
    folder = list(download(again, own, site.address))[-1].bundle

    assert folder is not None
    assert "card.json" not in [path for path, _ in site.asked]
    assert unfinished(own) == []


def test_site_that_is_gone_keeps_what_has_arrived(site: Site, own: Path) -> None:
    site.breaks[TOKENIZER_FILE] = [HALF, 0]

    with pytest.raises(Unreachable, match="what has arrived is kept"):
        fetched(site, own)

    assert unfinished(own)[0][1] > len(site.files["card.json"])


def test_site_that_heeds_no_ranges_is_no_danger(site: Site, own: Path) -> None:
    site.ranges = False
    site.breaks[TOKENIZER_FILE] = [HALF]

    assert (fetched(site, own) / TOKENIZER_FILE).read_bytes() == site.files[TOKENIZER_FILE]


@pytest.mark.parametrize("path", [TOKENIZER_FILE, "card.json"])
def test_wrong_checksum_is_thrown_away(site: Site, own: Path, path: str) -> None:
    right = site.stated[path] = site.files[path]
    site.files[path] = right.replace(b"numbers", b"letters") if path == "card.json" else b"x"

    with pytest.raises(UserError, match="checksum is another one"):
        fetched(site, own)
    assert not (own / "bare").exists()

    site.files[path] = right
    assert fetched(site, own) == own / "bare"


def test_pickle_under_a_safe_name_is_refused_and_thrown_away(site: Site, own: Path) -> None:
    site.files[TOKENIZER_FILE] = pickle.dumps({"weight": [1.0]})

    with pytest.raises(UserError, match=r"not safe to load.*is a pickle"):
        fetched(site, own)

    assert list(own.iterdir()) == []


def test_repository_of_pickles_is_refused_with_the_reason(site: Site, own: Path) -> None:
    site.files = {"model.ckpt": b"x", "pytorch_model.bin": b"x"}

    with pytest.raises(UserError, match=r"“model.ckpt”, “pytorch_model.bin”.*can run any program"):
        looked(site, own)


def test_repository_of_another_program_says_so(site: Site, own: Path) -> None:
    site.files = {"model.safetensors": b"x", "config.json": b"{}"}

    with pytest.raises(UserError, match="no model of Maskreel"):
        looked(site, own)


def test_bundle_in_a_folder_is_found_and_several_are_asked_about(site: Site, own: Path) -> None:
    site.files = {f"small/{name}": content for name, content in site.files.items()}
    assert looked(site, own).repository.folder == "small"

    site.files |= {f"large/{name[6:]}": content for name, content in site.files.items()}
    with pytest.raises(UserError, match="owner/name/large, owner/name/small"):
        looked(site, own)
    assert looked(site, own, "owner/name/small").repository.folder == "small"


def test_card_that_makes_no_sense_is_named(site: Site, own: Path) -> None:
    card = json.loads(site.files["card.json"])
    site.files["card.json"] = json.dumps(card | {"title": ["x"]}).encode()

    with pytest.raises(UserError, match="“title” has a value that makes no sense"):
        looked(site, own)


def test_missing_weights_are_named(site: Site, own: Path) -> None:
    del site.files[TRANSFORMER_FILE]

    with pytest.raises(UserError, match=f"{TRANSFORMER_FILE} is missing"):
        looked(site, own)


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "RepoNotFound", "There is no repository owner/name"),
        (403, "GatedRepo", "Accept them on https://huggingface.co/owner/name"),
        (429, "", "refuses owner/name just now"),
        (500, "", "refuses owner/name just now"),
    ],
)
def test_refusals_are_sentences(site: Site, own: Path, status: int, code: str, words: str) -> None:
    site.refuse = (status, code)

    with pytest.raises(UserError, match=words):
        looked(site, own)


def test_unknown_repository_and_revision_are_named(site: Site, own: Path) -> None:
    with pytest.raises(UserError, match="There is no repository other/name"):
        looked(site, own, "other/name")
    with pytest.raises(UserError, match="no revision “v9”"):
        looked(site, own, "owner/name@v9")


def test_without_a_connection_the_sentence_says_so(own: Path) -> None:
    with pytest.raises(Unreachable, match="cannot be reached"):
        look(Repository("owner/name"), own, "http://127.0.0.1:9")


def test_full_disk_is_said_before_anything_is_downloaded(
    site: Site, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = looked(site, own)
    monkeypatch.setattr(library.shutil, "disk_usage", lambda _path: SimpleNamespace(free=1000))

    with pytest.raises(UserError, match=r"needs 0.8 MB, but only 0.0 MB are free"):
        list(download(offer, own, site.address))


def test_what_has_arrived_can_be_thrown_away(site: Site, own: Path) -> None:
    offer = looked(site, own)
    updates = download(offer, own, site.address)
    next(updates)
    updates.close()

    throw_away(own, offer.repository)

    assert unfinished(own) == []
