"""The door as a user calls it: a real process, a real model file, a real web server."""

import csv
import gzip
import json
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from werkzeug import Response

from tests import bad_servers, pictures, tiny_model
from tests.door import DOOR, posts


def test_tweets_on_stdin_become_the_seeds_csv(label, httpserver):
    httpserver.expect_request("/a,b.jpg").respond_with_data(pictures.jpeg())
    link = httpserver.url_for("/a,b.jpg")
    tweet = {
        "id": "tag:search.twitter.com,2005:793",
        "verb": "post",
        "twitter_entities": {"media": [{"media_url": link}]},
    }
    rows, told = label("-k", 3, "--allow-private-hosts", stdin=posts(tweet))
    ((tweet_id, got, *found),) = rows
    assert (tweet_id, got) == ("793", link)
    assert len(found) == 6
    assert set(found[::2]) <= set(tiny_model.CLASSES)
    scores = [float(score) for score in found[1::2]]
    assert scores == sorted(scores, reverse=True)
    assert all(np.float32(score) == score for score in scores)
    assert "labeled" in told


def test_a_folder_and_every_k(label, photos):
    rows, told = label("--input", photos, "-k", 7, "--header")
    assert rows[0][:3] == ["tweet_id", "link", "label_1"]
    paths = [row[1] for row in rows[1:]]
    assert paths == sorted(str(path) for path in photos.rglob("*.jpg"))
    assert sum(map(float, rows[1][3::2])) == pytest.approx(1, abs=1e-5)
    assert "12" in told
    one, _ = label("--input", photos, "-k", 1)
    assert [row[2] for row in one] == [row[2] for row in rows[1:]]


def test_k_over_the_number_of_classes_is_told(label, photos):
    _, told = label("--input", photos, "-k", 8, code=1)
    assert "8" in told
    assert "7" in told


def test_every_kind_of_trouble_is_a_failure_and_the_run_goes_on(label, httpserver, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.jpg").write_bytes(pictures.jpeg())
    (root / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    local = {
        "fine.jpg": pictures.jpeg(),
        "cut.jpg": pictures.jpeg(200, 200)[:2000],
        "zero.jpg": b"",
        "bomb.png": pictures.bomb_png(),
        "page.jpg": b"<!doctype html><html></html>",
        "pixel.jpg": pictures.jpeg(1, 1),
    }
    for name, data in local.items():
        (root / name).write_bytes(data)
    web = httpserver.url_for
    for status in (403, 404, 410):
        httpserver.expect_request(f"/{status}").respond_with_data("", status=status)
    again = Response("", status=429, headers={"Retry-After": "0.1"})
    httpserver.expect_oneshot_request("/429").respond_with_response(again)
    httpserver.expect_request("/429").respond_with_data(pictures.jpeg(seed=1))
    httpserver.expect_oneshot_request("/500").respond_with_data("", status=500)
    httpserver.expect_request("/500").respond_with_data(pictures.jpeg(seed=2))
    for name, to in (("loop", "/loop"), ("file", "file:///etc/passwd")):
        moved = Response("", status=302, headers={"Location": to})
        httpserver.expect_request(f"/{name}").respond_with_response(moved)
    httpserver.expect_request("/big").respond_with_data(b"x" * 200_001)
    with (
        bad_servers.serve(bad_servers.drip_body) as drip,
        bad_servers.serve(bad_servers.never_answer) as silent,
        bad_servers.serve(bad_servers.too_short) as short,
        bad_servers.serve(bad_servers.endless) as endless,
    ):
        cases = [
            (b"no json", ("read", "bad JSON")),
            (b"[1, 2]", ("read", "JSON, but no object")),
            (b'{"id": 1, "url": "\xff"}', ("read", "not UTF-8")),
            (b'{"id": "' + b"x" * 40_000_000 + b'"}', ("read", "line too long")),
            ({"id": 1, "url": 3}, ("read", "link is no text")),
            ({"foo": 1}, ("read", "unknown kind of post")),
            ({"id": 2, "path": "none.jpg"}, ("fetch", "missing file")),
            ({"id": 3, "path": "../secret.jpg"}, ("fetch", "outside the image root")),
            ({"id": 4, "path": "out.jpg"}, ("fetch", "outside the image root")),
            ({"id": 5, "url": web("/404")}, ("fetch", "gone (404)")),
            ({"id": 6, "url": web("/410")}, ("fetch", "gone (410)")),
            ({"id": 7, "url": web("/403")}, ("fetch", "refused (403)")),
            ({"id": 8, "url": web("/429")}, None),
            ({"id": 9, "url": web("/500")}, None),
            ({"id": 10, "url": "http://127.0.0.1:9/a.jpg"}, ("fetch", "connection failed")),
            ({"id": 11, "url": "http://no-such-host.invalid/"}, ("fetch", "no such host")),
            ({"id": 12, "url": drip}, ("fetch", "timed out")),
            ({"id": 13, "url": silent}, ("fetch", "timed out")),
            ({"id": 14, "url": short}, ("fetch", "connection failed")),
            ({"id": 15, "url": endless}, ("fetch", "too large")),
            ({"id": 16, "url": web("/big")}, ("fetch", "too large")),
            ({"id": 17, "url": web("/loop")}, ("fetch", "redirect loop")),
            ({"id": 19, "path": "page.jpg"}, ("decode", "not a picture")),
            ({"id": 20, "path": "cut.jpg"}, ("decode", "damaged picture")),
            ({"id": 21, "path": "zero.jpg"}, ("decode", "empty file")),
            ({"id": 22, "path": "bomb.png"}, ("decode", "too many pixels")),
            ({"id": 23, "path": "pixel.jpg"}, None),
            ({"id": 24, "path": "fine.jpg"}, None),
            ({"path": "fine.jpg"}, None),
        ]
        lines = [{"id": 0, "url": "http://169.254.169.254/latest"}] + [case for case, _ in cases]
        raw = b"\n".join(
            line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines
        )
        (tmp_path / "posts.json").write_bytes(raw)
        rows, told = label(
            "--input", "posts.json", "--image-root", root, "--allow-private-hosts",
            "--timeout", 2, "--max-bytes", 200_000, "--failures", "failures.ndjson",
        )  # fmt: skip
    failed = [json.loads(line) for line in (tmp_path / "failures.ndjson").read_text().splitlines()]
    got = {row["position"]: (row["stage"], row["reason"]) for row in failed}
    expected = {n: want for n, (_, want) in enumerate(cases, 1) if want}
    assert {n: got.get(n) for n in expected} == expected
    # the link-local address was allowed here, so all that is certain is that it failed
    assert set(got) - set(expected) == {0}
    assert [row[0] for row in rows] == ["8", "9", "23", "24", "fine.jpg"]
    assert "failed" in told


def test_pictures_of_every_kind_from_a_server(label, httpserver, tmp_path):
    scene = pictures.scene(200, 150)
    clear = Image.new("RGBA", (64, 48), (200, 0, 0, 0))
    kinds = {
        "cmyk": pictures.encoded(scene.convert("CMYK"), "JPEG"),
        "16-bit": pictures.encoded(Image.new("I;16", (64, 48), 40_000), "PNG"),
        "palette with alpha": pictures.encoded(clear.quantize(4), "PNG"),
        "gif": pictures.animation("GIF"),
        "webp": pictures.animation("WEBP"),
        "rotated": pictures.rotated(6),
        "pixel": pictures.jpeg(1, 1),
        "grey": pictures.encoded(scene.convert("L"), "JPEG"),
    }
    broken = {"page": b"<html></html>", "cut": pictures.jpeg(200, 200)[:3000], "empty": b"",
              "bomb": pictures.bomb_png()}  # fmt: skip
    for name, data in (kinds | broken).items():
        httpserver.expect_request(f"/{name}").respond_with_data(data)
    items = [{"id": name, "url": httpserver.url_for(f"/{name}")} for name in (kinds | broken)]
    rows, _ = label("--allow-private-hosts", "--failures", "f.ndjson", stdin=posts(*items))
    assert [row[0] for row in rows] == list(kinds)
    failed = [json.loads(line) for line in (tmp_path / "f.ndjson").read_text().splitlines()]
    assert [(row["key"], row["reason"]) for row in failed] == [
        ("page/0", "not a picture"),
        ("cut/0", "damaged picture"),
        ("empty/0", "empty file"),
        ("bomb/0", "too many pixels"),
    ]


def test_private_addresses_are_refused_by_default(label, httpserver):
    _, told = label(stdin=posts({"id": 1, "url": httpserver.url_for("/a.jpg")}))
    assert "1 private address" in told
    assert httpserver.log == []


def test_what_is_no_failure_is_only_counted(label):
    items = [{"id": 1, "text": "x"}, {"id": 2, "media_attachments": []}]
    rows, told = label(stdin=posts(*items))
    assert rows == []
    assert "passed over: posts without a picture  2" in told


def test_csv_and_database_hold_the_same(label, photos, tmp_path):
    label("--input", photos, "--output", "preds.csv", "--database", "sqlite:///p.db", "-k", 5)
    with (tmp_path / "preds.csv").open() as file:
        from_csv = [(row[1], row[2], float(row[3])) for row in csv.reader(file)]
    with sqlite3.connect(tmp_path / "p.db") as db:
        found = db.execute("select link, keyword1, score1 from classifications order by id")
        assert found.fetchall() == from_csv
    db.close()


def test_a_database_without_output_leaves_stdout_empty(label, photos, tmp_path):
    rows, _ = label("--input", photos, "--database")
    assert rows == []
    assert (tmp_path / "data" / "proofsheet.db").exists()


def test_kept_images(label, photos, tmp_path):
    label("--input", photos, "--keep-images", "kept", "--output", "preds.csv")
    assert len(list((tmp_path / "kept").rglob("*.jpg"))) == 12


def test_logged_predictions_and_quiet(label, photos):
    _, told = label("--input", photos, "--quiet", "-l")
    assert told.count("p00.jpg: ") == 1
    assert "seen" not in told
    _, told = label("--input", photos, "--quiet")
    assert told == ""


def test_no_file_is_written_over_by_another(label, photos, tmp_path):
    posted = posts({"id": 1, "path": "photos/p00.jpg"})
    (tmp_path / "posts.json").write_text(posted)
    label("--input", "posts.json", "--output", "./posts.json", code=2)
    label("--input", "posts.json", "--failures", "posts.json", code=2)
    label("--input", "posts.json", "--output", "x", "--failures", "x", code=2)
    label("--input", "photos", "--keep-images", "photos/kept", code=2)
    assert (tmp_path / "posts.json").read_text() == posted


def test_a_broken_gzip_keeps_what_came_before(label, photos, tmp_path):
    lines = posts(*({"id": n, "path": "photos/p00.jpg", "x": str(n) * 50} for n in range(400)))
    (tmp_path / "posts.json.gz").write_bytes(gzip.compress(lines.encode())[:-8])
    rows, told = label("--input", "posts.json.gz", code=1)
    assert "breaks off" in told
    assert len(rows) > 300


def test_surrogates_reach_the_failures_file(label, tmp_path):
    label("--failures", "f.ndjson", stdin='{"\\ud83d": 1}\n')
    assert "unknown kind of post" in (tmp_path / "f.ndjson").read_text()


def test_an_interrupt_on_a_waiting_stdin(tiny, tmp_path):
    process = subprocess.Popen(
        [sys.executable, str(DOOR), *tiny, "-l"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdin.write('{"id": 1, "path": "none.jpg"}\n')
    process.stdin.flush()
    assert "1/0" in process.stderr.readline()  # it has begun, and waits for more
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    process.stdin.close()
    assert "Fatal" not in process.stderr.read()
    process.stderr.close()


def test_closed_streams_are_told(tiny, photos):
    command = f"{sys.executable} {DOOR} {' '.join(tiny)}"
    for redirect, code, words in (
        ("<&-", 1, "stdin is closed"),
        (f"--input {photos} >&-", 1, "stdout is closed"),
        (f"--input {photos} > /dev/full", 1, "cannot write"),
    ):
        answer = subprocess.run(
            ["sh", "-c", f"{command} {redirect}"], capture_output=True, text=True, timeout=60
        )
        assert answer.returncode == code
        assert words in answer.stderr
        assert "Traceback" not in answer.stderr


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--input", "none.json"], 1, "there is no none.json"),
        (["--input", ".", "--image-root", "none"], 1, "--image-root none is no folder"),
        (["--resume"], 2, "--resume needs"),
        (["--topk", "0"], 2, "below 1"),
        (["--timeout", "-1"], 2, "not between"),
        (["--resize", "squash"], 2, "invalid choice"),
        (["--input", ".", "-m", "no_such_model"], 1, "no_such_model"),
        (["--input", ".", "-m", "none.onnx"], 1, "none.onnx"),
        (["--input", ".", "--database", "mysql+pymysql://root@127.0.0.1:9/x"], 1, "127.0.0.1"),
        (["--input", ".", "--database", "nonsense"], 1, "nonsense"),
        (["--input", ".", "--output", "/no/such/place/x.csv"], 1, "/no"),
    ],
)
def test_wrong_use_is_one_sentence(label, options, code, words):
    if "/no/such" in str(options) and os.geteuid() == 0:
        options = ["--input", ".", "--output", "/proc/x.csv"]
        words = "/proc"
    _, told = label(*options, code=code)
    assert words in told
    assert len([line for line in told.splitlines() if line.startswith("error:")]) == (code == 1)


def test_a_full_disk_is_told(label, photos):
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    _, told = label("--input", photos, "--output", "/dev/full", code=1)
    assert "No space left" in told


def test_a_reader_that_goes_away_ends_the_run_quietly(tiny, photos):
    command = f"{sys.executable} {DOOR} {' '.join(tiny)} --input {photos} --quiet | head -n 1"
    answer = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert answer.stdout.count("\n") == 1
    assert "Traceback" not in answer.stderr
