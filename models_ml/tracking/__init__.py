"""Tracking: the only door to MLflow. Runs, registered versions, the champion, its files.

The registry keeps the SHA-256 of each version's package, so loading checks every byte before a
parser sees it. Nothing here loads a model through MLflow's flavours, which run code on load.
"""

import os

from models_ml.tracking.run import Run
from models_ml.tracking.tracker import Retrain, Tracker, Version, open_tracker

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"  # read once, when MLflow is imported
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

__all__ = ["Retrain", "Run", "Tracker", "Version", "open_tracker"]
