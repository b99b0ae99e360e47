"""Speed of segments: fit and assign beside K-means and plain HDBSCAN, each in its own process.

Ours is timed from the mart's columns to everyone's segment, with all that the weekly training does
for it: sample, scaling, the grid, stability on halves, the proof against null companies, core
points, assignment. Left out are reading the mart, identity and names, and MLflow with its baselines
and pictures. K-means and HDBSCAN are timed on the scaled matrix, with the library's own threads.
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import hdbscan
import numpy as np
from joblib.externals.loky import get_reusable_executor
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from include.settings import CHECKOUT
from models_ml.segmentation.fit import Fitted, fit
from models_ml.segmentation.model import SegmentModel
from models_ml.segmentation.scaling import fit_scaler
from models_ml.segmentation.structure import prove
from tests.benchmarks import segments_data as data
from tests.benchmarks.figures import Figure
from tests.benchmarks.segments_figure import FULL, SMALL, Sizes, at_least, at_most

MAX_TIMES_K_MEANS, MAX_GIGABYTES = 3.0, 3.0
MIN_TIMES_FASTER, MIN_AGREEMENT = 8.0, 0.97
MAX_SECONDS_A_MILLION = 15.0
MILLION = 1_000_000
AIMED_FROM = 100_000  # customers; below, times are those of starting up
LINEAR = 1.5  # ten times the customers may take half as much again a customer


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one measured process took; ``labels`` is a file of one number a customer."""

    seconds: float
    cpu_seconds: float
    peak_gigabytes: float
    labels: str
    detail: str = ""


def against_k_means(sizes: Sizes) -> list[Figure]:
    """Compare fit and assignment with K-means of as many clusters, ten starts."""
    with TemporaryDirectory() as folder:
        ours = _start("ours", sizes.whole, folder)
        theirs = _start("k_means", sizes.whole, folder)
    times = ours.seconds / theirs.seconds
    cpu_times = ours.cpu_seconds / theirs.cpu_seconds
    detail = (
        f"{ours.seconds:.1f} s ({ours.cpu_seconds:.1f} s CPU: {ours.detail}) against "
        f"{theirs.seconds:.1f} s ({theirs.cpu_seconds:.1f} s CPU): {cpu_times:.2f} by CPU"
    )
    figures = [
        at_most(
            f"{sizes.whole:,} customers, 12 features: fit + assign over K-means (n_init 10)",
            times,
            MAX_TIMES_K_MEANS,
            unit="ratio",
            detail=detail,
        ),
        at_most(
            f"{sizes.whole:,} customers: peak memory of the process",
            ours.peak_gigabytes,
            MAX_GIGABYTES,
            unit="GB",
            detail=f"K-means {theirs.peak_gigabytes:.2f} GB",
        ),
    ]
    return _aimed(figures, sizes.whole)


def against_hdbscan(sizes: Sizes) -> list[Figure]:
    """Compare with HDBSCAN fitted on all customers, by time and by agreement."""
    count = sizes.beside_hdbscan
    with TemporaryDirectory() as folder:
        ours = _start("ours", count, folder)
        theirs = _start("hdbscan", count, folder)
        one, other = np.load(ours.labels), np.load(theirs.labels)
    both = (one >= 0) & (other >= 0)
    agreement = adjusted_rand_score(one[both], other[both])
    figures = [
        at_least(
            f"{count:,} customers: HDBSCAN on all over fit + assign",
            theirs.seconds / ours.seconds,
            MIN_TIMES_FASTER,
            unit="ratio",
            detail=f"{theirs.seconds:.1f} s ({theirs.cpu_seconds:.1f} s CPU) against "
            f"{ours.seconds:.1f} s ({ours.cpu_seconds:.1f} s CPU: {ours.detail}): "
            f"{theirs.cpu_seconds / ours.cpu_seconds:.1f} by CPU",
        ),
        at_least(
            f"{count:,} customers: agreement with HDBSCAN on all, where both assign",
            agreement,
            MIN_AGREEMENT,
            unit="ARI",
            detail=f"both assign {both.mean():.1%}; HDBSCAN leaves out {(other < 0).mean():.1%}",
        ),
    ]
    return _aimed(figures, count)


def assignment(sizes: Sizes) -> list[Figure]:
    """Time the assignment alone at growing sizes."""
    company = data.plant(seed=data.SEED, kinds=sizes.kinds)
    learned_from = min(20_000, sizes.whole)
    model = _model(fit(data.draw(company, learned_from, seed=data.SEED)[0], sizes.config))
    figures = []
    paces = []
    for count in sizes.growth:
        customers = data.draw(company, count, seed=data.SEED + 1)[0]
        took, work = [], []
        for _ in range(3):
            began, cpu = time.perf_counter(), time.process_time()
            model.assign(customers)
            took.append(time.perf_counter() - began)
            work.append(time.process_time() - cpu)
        seconds = sorted(took)[1]
        paces.append(min(work) / count)
        bound = MAX_SECONDS_A_MILLION * count / MILLION
        figures.append(
            at_most(
                f"assign {count:,} customers",
                seconds,
                bound,
                unit="s",
                detail=f"{min(took):.2f} to {max(took):.2f} s in 3, "
                f"{min(work):.2f} to {max(work):.2f} s CPU; "
                f"{len(model.cores.points)} core points",
            )
        )
    pace = paces[-1] / paces[-2]
    name = f"assign: CPU time a customer at {sizes.growth[-1]:,} over that at {sizes.growth[-2]:,}"
    figures.append(at_most(name, pace, LINEAR, unit="ratio"))
    return _aimed(figures, sizes.growth[-1])


def _aimed(figures: list[Figure], customers: int) -> list[Figure]:
    """Return the figures, without targets where there are too few customers for them."""
    if customers >= AIMED_FROM:
        return figures
    return [replace(figure, target="", holds=None) for figure in figures]


def measure(kind: str, count: int, folder: Path) -> Run:
    """Do one thing and return what it took."""
    sizes = FULL if count in {FULL.whole, FULL.beside_hdbscan} else SMALL
    customers = data.draw(data.plant(seed=data.SEED, kinds=sizes.kinds), count, seed=data.SEED)[0]
    matrix = None if kind == "ours" else fit_scaler(customers, data.CONFIG).scale(customers)
    detail = ""
    began, cpu = time.perf_counter(), time.process_time()
    if matrix is None:
        fitted = fit(customers, sizes.config)
        to_fit = time.process_time() - cpu
        labels = _model(fitted).assign(customers).segment
        detail = f"to fit {to_fit:.1f}"
    elif kind == "k_means":
        labels = KMeans(n_clusters=sizes.kinds, n_init=10, random_state=0).fit(matrix).labels_
    else:
        labels = hdbscan.HDBSCAN(min_cluster_size=count // 100, min_samples=10).fit(matrix).labels_
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    if matrix is None:
        detail += f", of which the proof {_proof_again(fitted, sizes):.1f}"
    elif kind == "hdbscan":
        get_reusable_executor().shutdown(wait=True)  # helpers are counted once they have ended
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    file = folder / f"{kind}.npy"
    np.save(file, labels)
    return Run(
        seconds=seconds,
        cpu_seconds=cpu + children.ru_utime + children.ru_stime,
        peak_gigabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        labels=str(file),
        detail=detail,
    )


def _proof_again(fitted: Fitted, sizes: Sizes) -> float:
    """Return the CPU seconds that the proof took, which is inside a fit: by proving once more."""
    began = time.process_time()
    if fitted.matrix is not None and fitted.search is not None:
        prove(fitted.matrix, fitted.search, sizes.config)
    return time.process_time() - began


def _model(fitted: Fitted) -> SegmentModel:
    """Return the model; a refused company has nothing to be timed."""
    if fitted.model is None:
        raise RuntimeError(f"The planted company of the speed test was refused: {fitted.refusal}")
    return fitted.model


def _start(kind: str, count: int, folder: str) -> Run:
    """Measure in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.segments_speed", kind, str(count), folder]
    done = subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    asked, total, place = sys.argv[1:]
    result = measure(asked, int(total), Path(place))
    sys.stdout.write(json.dumps(asdict(result)) + "\n")
