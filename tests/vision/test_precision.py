"""Lower precisions: made of the user's own pictures, chosen only where they keep faith with f32."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import tiny_model
from vision import faith, models, precision, quantise
from vision.classifiers import NetworkClassifier
from vision.errors import ModelError
from vision.faith import AGREEMENT, MEAN_CHANGE, Check, Difference, difference
from vision.networks import AUTO, F32
from vision.openvino_networks import core
from vision.precision import BF16_SPARING, CANDIDATES, PICTURES, lowered, settle
from vision.quantise import FirstPictures, NoPictures, quantised
from vision.sensitive import in_bf16


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROOFSHEET_CACHE", str(tmp_path / "own"))
    return tmp_path / "own"


@pytest.fixture
def classifier(tmp_path: Path) -> NetworkClassifier:
    path, labels = tiny_model.write(tmp_path)
    return models.load(str(path), labels=labels)


def pictures(count: int, seed: int = 5) -> np.ndarray:
    side = tiny_model.SIDE
    coarse = np.random.default_rng(seed).integers(0, 256, (count, 4, 4, 3), np.uint8)
    return coarse.repeat(side // 4, axis=1).repeat(side // 4, axis=2)


def first(count: int = 40, fingerprint: str = "these") -> FirstPictures:
    return FirstPictures(fingerprint, lambda: pictures(count))


def nothing() -> np.ndarray:
    raise AssertionError("pictures were prepared though everything is known")


def checked(
    agreement: float,
    expected: float | None,
    change: float,
    name: str = "int8",
    pictures: int = 256,
    speedup: float = 2.0,
) -> Check:
    return Check(
        agreement=agreement,
        expected=expected,
        mean_change=change,
        largest_change=change,
        precision=name,
        pictures=pictures,
        speedup=speedup,
    )


def test_differences_by_hand() -> None:
    reference = np.array([[0.5, 0.3, 0.2], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]], np.float32)
    scores = np.array([[0.4, 0.35, 0.25], [0.1, 0.7, 0.2], [0.45, 0.2, 0.35]], np.float32)
    found = difference(reference, scores)
    assert found.agreement == pytest.approx(2 / 3)
    assert (found.mean_change, found.largest_change) == pytest.approx((0.15, 0.25), abs=1e-6)
    # leads of log(5/3), log(8) and log(3); the least certain of three changes by log(5/3 * 35/40)
    assert found.expected == 1


@pytest.mark.parametrize("spread", [0.03, 0.1])
def test_what_is_expected_of_many_is_what_many_show(spread: float) -> None:
    """Leads of a labeler's kind, changed by noise: 256 pictures tell what 200,000 show."""
    rng = np.random.default_rng(8)

    def scores(count: int) -> tuple[np.ndarray, np.ndarray]:
        logits = rng.normal(0, 3, (count, 10))
        noisy = logits + rng.normal(0, spread, logits.shape)
        both = [np.exp(each) for each in (logits, noisy)]
        reference, other = (each / each.sum(axis=1, keepdims=True) for each in both)
        return reference, other

    truth = difference(*scores(200_000)).agreement
    few = [difference(*scores(256)) for _ in range(40)]
    assert np.mean([each.expected for each in few]) == pytest.approx(truth, abs=0.003)
    # counting disagreements is as right in the mean, but by a single check much further off
    assert np.std([each.expected for each in few]) < 0.7 * np.std([e.agreement for e in few])


def test_labels_that_nothing_can_change() -> None:
    sure = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    assert difference(sure, sure) == Difference(
        agreement=1, expected=1, mean_change=0, largest_change=0
    )
    one_class = np.array([[0.4], [0.6]], np.float32)
    assert difference(one_class, one_class / 2).expected == 1


@pytest.mark.parametrize(
    ("agreement", "expected", "mean_change", "kept"),
    [
        (0.995, 0.995, 0.01, True),
        (0.9949, 1.0, 0.0, False),
        (1.0, 0.9949, 0.0, False),
        (1.0, None, 0.0, False),
        (1.0, 1.0, 0.0101, False),
        (1.0, 1.0, 0.0, True),
    ],
)
def test_what_faith_is(
    agreement: float, expected: float | None, mean_change: float, kept: bool
) -> None:
    assert checked(agreement, expected, mean_change).keeps_faith == kept


def test_int8_is_calibrated_on_these_pictures_and_compared_once(
    classifier: NetworkClassifier, own_cache: Path
) -> None:
    chosen, check = settle(classifier, "int8", first())
    assert (chosen.runtime, chosen.precision) == ("openvino", "int8")
    assert check is not None
    assert (check.precision, check.pictures) == ("int8", 40)
    scores, reference = chosen.classify(pictures(40)), classifier.classify(pictures(40))
    assert 0 < np.abs(scores - reference).max() < 0.1
    assert check.largest_change <= np.abs(scores - reference).max() + 1e-6
    (calibration,) = own_cache.glob("*/int8-*/calibration.json")
    told = json.loads(calibration.read_text())
    assert (told["pictures"], told["fingerprint"]) == (40, "these")
    # the same input again: nothing is prepared, calibrated or measured anew
    again, same = settle(classifier, "int8", FirstPictures("these", nothing))
    assert same == check
    np.testing.assert_array_equal(again.classify(pictures(40)), scores)
    # another input has a calibration of its own
    settle(classifier, "int8", first(20, "those"))
    assert len(list(own_cache.glob("*/int8-*/calibration.json"))) == 2


def test_a_large_graph_is_calibrated_in_a_process_of_its_own(
    classifier: NetworkClassifier, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _ = settle(classifier, "int8", first())
    monkeypatch.setattr(quantise, "_LARGE", 0)
    monkeypatch.setenv("PROOFSHEET_CACHE", str(own_cache / "other"))
    apart, _ = settle(classifier, "int8", first())
    np.testing.assert_array_equal(apart.classify(pictures(40)), here.classify(pictures(40)))
    (folder,) = (own_cache / "other").glob("*/int8-*")
    assert {each.name for each in folder.glob("*.xml")} == {"graph.xml"}


def test_only_the_last_calibrations_are_kept(
    classifier: NetworkClassifier, own_cache: Path
) -> None:
    for number in range(quantise.CALIBRATIONS + 2):
        settle(classifier, "int8", first(8, f"input {number}"))
    left = [json.loads(each.read_text()) for each in own_cache.glob("*/int8-*/calibration.json")]
    assert sorted(each["fingerprint"] for each in left) == [f"input {n}" for n in (2, 3, 4, 5)]


def test_what_fails_the_comparison_is_used_with_a_warning(
    classifier: NetworkClassifier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(faith, "MEAN_CHANGE", 0.0)
    chosen, check = settle(classifier, "int8", first())
    assert (chosen.precision, check and check.keeps_faith) == ("int8", False)
    assert "what was judged on f32 does not hold for it" in caplog.text


def test_bf16(
    classifier: NetworkClassifier, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if precision.computes_in("bf16"):
        chosen, check = settle(classifier, "bf16", first())
        assert (chosen.precision, check and check.precision) == ("bf16", "bf16")
    monkeypatch.setattr(precision, "computes_in", lambda _: False)
    assert settle(classifier, "bf16", first()) == (classifier, None)
    assert "this processor does not compute in bf16: f32 is used" in caplog.text


def test_without_pictures(classifier: NetworkClassifier, caplog: pytest.LogCaptureFixture) -> None:
    def load() -> np.ndarray:
        raise NoPictures("none of the first 3 pictures can be read")

    for wanted in ("int8", AUTO):
        assert settle(classifier, wanted, FirstPictures("x", load))[0].precision == F32
    assert "none of the first 3 pictures can be read to try int8 on: f32 is used" in caplog.text
    assert settle(classifier, AUTO, None) == (classifier, None)
    assert settle(classifier, F32, None) == (classifier, None)


def test_networks_without_a_graph_compute_as_they_are(classifier: NetworkClassifier) -> None:
    other = replace(classifier, network=replace(classifier.network, runtime="keras", graph=None))
    assert settle(other, AUTO, first()) == (other, None)
    with pytest.raises(ModelError, match="computes in f32 in keras: leave out --precision"):
        settle(other, "int8", first())


def test_without_nncf(classifier: NetworkClassifier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nncf", None)
    monkeypatch.setattr(precision, "computes_in", lambda each: not each.startswith("bf16"))
    assert settle(classifier, AUTO, first()) == (classifier, None)
    with pytest.raises(ModelError, match="int8 needs NNCF, pip install nncf"):
        settle(classifier, "int8", first())


shares = st.floats(0.98, 1)
numbers = st.tuples(st.integers(1, 300), shares, shares, st.floats(0, 0.02), st.floats(0.5, 4))


@given(st.lists(numbers, min_size=len(CANDIDATES), max_size=len(CANDIDATES)))
def test_auto_never_takes_what_does_not_keep_faith(found: list[tuple]) -> None:
    checks = [
        checked(agreement, expected, change, str(place), count, speedup)
        for place, (count, agreement, expected, change, speedup) in enumerate(found)
    ]
    waiting = iter(checks)
    made = {"a network": 1}

    class Stub:
        network, precision = type("", (), {"graph": made}), F32

    stub: NetworkClassifier = Stub()  # type: ignore[assignment]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(precision, "computes_in", lambda _: True)
        patch.setattr(precision, "lowered", lambda *_: Stub())
        patch.setattr(precision, "compared", lambda *_: next(waiting))
        chosen, check = settle(stub, AUTO, first())
    good = [
        each
        for each in checks
        if each.agreement >= AGREEMENT
        and each.expected >= AGREEMENT
        and each.mean_change <= MEAN_CHANGE
        and each.pictures >= PICTURES
        and each.speedup >= precision.FASTER
    ]
    if good:
        assert chosen is not stub
        assert check == good[0]
    else:
        assert chosen is stub
        assert check == checks[-1]


@pytest.fixture
def deep(tmp_path: Path) -> NetworkClassifier:
    """Return six convolutions and a layer that classifies."""
    from vision.keras_models import import_keras

    keras = import_keras()
    keras.utils.set_random_seed(3)
    layers = keras.layers
    convolutions = [layers.Conv2D(8, 3, activation="relu") for _ in range(6)]
    model = keras.Sequential(
        [
            layers.Input((16, 16, 3)),
            *convolutions,
            layers.GlobalAveragePooling2D(),
            layers.Dense(5, activation="softmax"),
        ]
    )
    with pytest.warns(DeprecationWarning, match="__array__"):
        model.save(tmp_path / "m.keras")
    return models.load(str(tmp_path / "m.keras"), scaling="tf")


def some_noise(count: int = 24) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (count, 16, 16, 3), np.uint8)


def test_sensitive_layers_stay_in_f32_beside_int8(deep: NetworkClassifier) -> None:
    graph = deep.network.graph
    assert graph is not None
    in_eight = []
    for sparing in (False, True):
        made = quantised(graph, FirstPictures("noise", some_noise), sparing=sparing).read()
        in_eight.append(
            sum(
                operation.get_type_name() in ("Convolution", "MatMul")
                and operation.input_value(1).get_node().get_type_name() != "Constant"
                for operation in made.get_ordered_ops()
            )
        )
    # of seven layers the first two and the last two stay as they are
    assert in_eight == [7, 3]


def test_sensitive_layers_stay_in_f32_beside_bf16(deep: NetworkClassifier) -> None:
    graph = deep.network.graph
    assert graph is not None
    model = in_bf16(graph).read()
    layers = [
        each
        for each in model.get_ordered_ops()
        if each.get_type_name() in ("Convolution", "MatMul")
    ]
    marked = ["DisablePrecisionConversion" in str(dict(each.get_rt_info())) for each in layers]
    # the first of seven layers and the last two
    assert marked == [True, False, False, False, False, True, True]
    spared = lowered(deep, BF16_SPARING, FirstPictures("noise", some_noise))
    assert (spared.precision, spared.classify(some_noise(3)).shape) == ("bf16+f32", (3, 5))
    if not precision.computes_in("bf16"):
        return
    compiled = core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "bf16"})
    computed = [
        str(each.get_rt_info()["runtimePrecision"].astype(str))
        for each in compiled.get_runtime_model().get_ordered_ops()
        if str(each.get_rt_info()["layerType"].astype(str)) in ("Convolution", "FullyConnected")
    ]
    assert sorted(computed) == ["bf16"] * 4 + ["f32"] * 3
    whole = lowered(deep, "bf16", FirstPictures("noise", some_noise))
    exact = deep.classify(some_noise(64))
    apart = [np.abs(each.classify(some_noise(64)) - exact).mean() for each in (spared, whole)]
    assert 0 < apart[0] < apart[1]


@pytest.mark.parametrize(
    ("machine", "flags", "full"),
    [
        ("x86_64", "flags : fma avx2 avx512_vnni sse", True),
        ("x86_64", "flags : fma avx2 avx_vnni\nbugs", True),
        ("x86_64", "flags : fma avx2 avx512f sse\n", False),
        ("x86_64", None, False),
        ("arm64", None, True),
    ],
)
def test_which_processors_run_over(
    machine: str, flags: str | None, full: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_text(_: Path) -> str:
        if flags is None:
            raise FileNotFoundError
        return flags

    monkeypatch.setattr(quantise.platform, "machine", lambda: machine)
    monkeypatch.setattr(Path, "read_text", read_text)
    assert quantise.has_full_products() == full


def test_a_damaged_calibration_is_made_anew(classifier: NetworkClassifier, own_cache: Path) -> None:
    chosen, check = settle(classifier, "int8", first())
    expected = chosen.classify(pictures(40))
    (graph,) = own_cache.glob("*/int8-*/graph.xml")
    graph.write_bytes(b"<net>")
    again, anew = settle(classifier, "int8", first())
    np.testing.assert_array_equal(again.classify(pictures(40)), expected)
    assert check is not None
    assert anew is not None
    assert replace(anew, speedup=1) == replace(check, speedup=1)
