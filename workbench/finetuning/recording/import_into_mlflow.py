"""Put an exported training run of Workbench into MLflow.

    pip install mlflow
    MLFLOW_TRACKING_URI=sqlite:///mlflow.db python import_into_mlflow.py

It reads run.json beside it and needs nothing of Workbench. Without MLFLOW_TRACKING_URI it goes
where MLflow puts things by itself. A run that is there already is not put there twice.
"""

import json
from pathlib import Path

EXPERIMENT = "workbench"
KEY = "workbench.run"
BATCH = 900  # MLflow takes at most 1,000 metrics, 100 parameters and 100 tags a call


def main() -> str:
    """Import the run; its id in MLflow."""
    from mlflow.entities import Metric, Param, RunTag
    from mlflow.tracking import MlflowClient

    told = json.loads(Path(__file__).with_name("run.json").read_text(encoding="utf-8"))
    client = MlflowClient()
    experiment = client.get_experiment_by_name(EXPERIMENT)
    home = experiment.experiment_id if experiment else client.create_experiment(EXPERIMENT)
    known = client.search_runs([home], filter_string=f"tags.`{KEY}` = '{told['tags'][KEY]}'")
    if known:
        return str(known[0].info.run_id)
    begun = client.create_run(home, start_time=told["start_time_ms"], run_name=told["name"])
    run_id = str(begun.info.run_id)
    client.log_batch(
        run_id,
        params=[Param(name, value) for name, value in told["params"].items()],
        tags=[RunTag(name, value) for name, value in told["tags"].items()],
    )
    metrics = [Metric(*row) for row in told["metrics"]]
    for start in range(0, len(metrics), BATCH):
        client.log_batch(run_id, metrics=metrics[start : start + BATCH])
    if told["samples"]:
        client.log_dict(run_id, {"samples": told["samples"]}, "samples.json")
    client.set_terminated(run_id, status=told["status"], end_time=told["end_time_ms"])
    return run_id


if __name__ == "__main__":
    main()
