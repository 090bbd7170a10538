"""Files of labels, read back as those who use them read them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from analysis.label_files import FOLDERS, FORMATS, LABEL_STUDIO, Label, file_of_labels
from tests.db.test_tables import unescaped
from vision.errors import InputError, OutputError

CAT = Label("1/0", "1", "http://x/1.jpg", "cat", 281, 0.875, 0.75, "model")
TOLD = Label("2/0", None, "http://x/2.jpg", "dog", 7, 0.25, None, "reviewer")
WRONG = Label("c.jpg", None, "c.jpg", None, None, None, None, "reviewer")

AWKWARD = ["a\tb.jpg", "a\nb.jpg", 'a "b".jpg', "a\rb.jpg", "\\n.jpg", "\U0001f426.jpg", "\u2028"]
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def write(path: Path, form: str, labels: list[Label], *, calibrated: bool = True) -> None:
    with file_of_labels(str(path), form, "vgg16", calibrated=calibrated) as add:
        for label in labels:
            add([label])


def links(folder: Path) -> dict[str, list[str]]:
    """Return the links in each file of a folder, by its name."""
    return {
        path.name: [unescaped(line) for line in path.read_bytes().decode().split("\n")[:-1]]
        for path in folder.iterdir()
    }


def test_tables_have_a_row_a_picture(tmp_path: Path) -> None:
    write(tmp_path / "a", "tsv", [CAT, TOLD, WRONG])
    assert (tmp_path / "a").read_text().splitlines() == [
        "key\ttweet_id\tlink\tlabel\tclass_id\tscore\tprobability\tsource",
        "1/0\t1\thttp://x/1.jpg\tcat\t281\t0.875\t0.75\tmodel",
        "2/0\tNULL\thttp://x/2.jpg\tdog\t7\t0.25\tNULL\treviewer",
        "c.jpg\tNULL\tc.jpg\tNULL\tNULL\tNULL\tNULL\treviewer",
    ]
    write(tmp_path / "b", "jsonl", [CAT], calibrated=False)
    assert json.loads((tmp_path / "b").read_text()) == {
        "key": "1/0", "tweet_id": "1", "link": "http://x/1.jpg", "label": "cat", "class_id": 281,
        "score": 0.875, "source": "model",
    }  # fmt: skip
    write(tmp_path / "c", "parquet", [CAT, WRONG])
    found = parquet.read_table(tmp_path / "c")
    assert found.column("probability").to_pylist() == [0.75, None]
    assert str(found.schema.field("class_id").type) == "int64"


def test_tasks_for_label_studio(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    write(path, LABEL_STUDIO, [CAT, TOLD, WRONG])
    cat, told, wrong = json.loads(path.read_text())
    assert cat == {
        "data": {"image": "http://x/1.jpg", "key": "1/0", "tweet_id": "1"},
        "predictions": [
            {
                "model_version": "vgg16",
                "score": 0.75,
                "result": [
                    {
                        "from_name": "label",
                        "to_name": "image",
                        "type": "choices",
                        "value": {"choices": ["cat"]},
                    }
                ],
            }
        ],
    }
    assert (told["predictions"][0]["model_version"], told["predictions"][0]["score"]) == (
        "reviewer", 0.25,
    )  # fmt: skip
    assert list(wrong) == ["data"]
    write(path, LABEL_STUDIO, [])
    assert json.loads(path.read_text()) == []


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(TEXT | st.sampled_from(AWKWARD), max_size=6))
def test_awkward_links_survive(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    folder = tmp_path_factory.mktemp("labels")
    labels = [Label("k", None, text, "cat", 1, 0.5, None, "model") for text in texts]
    write(folder / "tasks", LABEL_STUDIO, labels)
    tasks = json.loads((folder / "tasks").read_bytes())
    assert [task["data"]["image"] for task in tasks] == texts
    write(folder / "links", FOLDERS, labels)
    assert links(folder / "links") == ({"cat-1.txt": texts} if texts else {})


def test_a_file_for_each_class_of_a_safe_name(tmp_path: Path) -> None:
    named = [
        ("great_white_shark", 2),
        ("crane", 134),
        ("crane", 517),
        ("../etc/passwd", None),
        ("..", 3),
        ("A b", None),
        ("a_B", None),
        ("Straße", 4),
        ("\U0001f426" * 70, 5),
        ("n" * 255, None),
        (None, None),
    ]
    labels = [
        Label("k", None, f"{n}.jpg", *each, 0.5, None, "model") for n, each in enumerate(named)
    ]
    write(tmp_path / "out", FOLDERS, labels * 2)
    found = links(tmp_path / "out")
    assert {name: number for name, (number, _) in found.items()} == {
        name: f"{n}.jpg"
        for n, name in enumerate(
            [
                "great_white_shark-2.txt",
                "crane-134.txt",
                "crane-517.txt",
                "___etc_passwd.txt",
                "__-3.txt",
                "A_b.txt",
                "a_B-2.txt",
                "Straße-4.txt",
                f"{'_' * 60}-5.txt",
                f"{'n' * 60}.txt",
                "without_label.txt",
            ]
        )
    }
    assert all(len(both) == 2 for both in found.values())


@given(
    classes=st.lists(
        st.tuples(st.none() | st.integers(0, 3), TEXT), unique=True, min_size=2, max_size=8
    )
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_two_classes_share_a_file(
    tmp_path_factory: pytest.TempPathFactory, classes: list[tuple[int | None, str]]
) -> None:
    folder = tmp_path_factory.mktemp("labels") / "out"
    labels = [
        Label("k", None, f"{n}", label, class_id, 0.5, None, "model")
        for n, (class_id, label) in enumerate(classes)
    ]
    write(folder, FOLDERS, labels)
    found = links(folder)
    assert sorted(found.values()) == sorted([f"{n}"] for n in range(len(classes)))
    assert len({name.casefold() for name in found}) == len(classes)


def test_an_old_folder_is_not_mixed_with_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty", FOLDERS, [CAT])
    for path in (tmp_path / "empty", tmp_path / "empty" / "cat-281.txt"):
        with pytest.raises(OutputError, match="is there already"):
            write(path, FOLDERS, [TOLD])
    assert links(tmp_path / "empty") == {"cat-281.txt": [CAT.link]}


@pytest.mark.parametrize("form", FORMATS)
def test_broken_off_there_is_nothing(tmp_path: Path, form: str) -> None:
    def break_off() -> None:
        with file_of_labels(str(tmp_path / "out"), form, "m", calibrated=False) as add:
            add([CAT])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert list(tmp_path.iterdir()) == []


def test_what_has_to_go_somewhere() -> None:
    for form in (FOLDERS, "parquet"):
        with pytest.raises(InputError, match="--output"):
            file_of_labels(None, form, "m", calibrated=False)
