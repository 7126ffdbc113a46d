"""Which result is drawn by what; the core calls ``register`` when the first result is drawn.

Types are named, not imported: drawing a reply must not import the data room.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable
from typing import Any

from workbench.core.viewers import Viewable, mime_bundle, register_page, register_viewer

_CARDS = "workbench.studio.cards"
_DRAWN = "workbench.studio.widgets.drawn"
_VIEWERS = {
    "workbench.core.viewers.Viewable": "draw_fields",
    "workbench.data.operations.Description": "draw_description",
    "workbench.edge.compression.results.FormsComparison": "edge_cards:draw_comparison",
    "workbench.edge.fleet.devices.FleetDevice": "edge_cards:draw_device_card",
    "workbench.edge.fleet.rollout_records.Rollout": "edge_cards:draw_rollout_card",
    "workbench.evaluation.bootstrap.Interval": "draw_interval",
    "workbench.evaluation.checks.Check": "draw_check",
    "workbench.fairness.audit.result.GroupAudit": "fairness_cards:draw_audit",
    "workbench.fairness.audit.slices.SliceSearch": "fairness_cards:draw_slices",
    "workbench.fairness.audit.thresholds.ThresholdSweep": "fairness_cards:draw_sweep",
    "workbench.fairness.language.result.ProbeComparison": "fairness_probe_cards:draw_comparison",
    "workbench.fairness.language.result.ProbeResult": "fairness_probe_cards:draw_probe",
    "workbench.fairness.language.swap_result.SwapResult": "fairness_probe_cards:draw_swaps",
    "workbench.fairness.mitigation.result.Mitigation": "fairness_mitigation:draw_mitigation",
    "workbench.fairness.mitigation.result.TradeOff": "fairness_mitigation:draw_trade_off",
    "workbench.finetuning.exporting.parity_result.Parity": "parity_cards:draw_parity",
    "workbench.finetuning.gate.report.GateReport": "version_cards:draw_gate",
    "workbench.finetuning.pipeline.stage_rows.PipelineRun": "pipeline_cards:draw_pipeline_run",
    "workbench.finetuning.rollout.state.CanaryState": "version_cards:draw_canary",
    "workbench.finetuning.versions.diff.VersionDiff": "version_cards:draw_diff",
    "workbench.finetuning.versions.lineage.Lineage": "version_cards:draw_lineage",
    "workbench.finetuning.versions.names.NameMove": "version_cards:draw_move",
    "workbench.finetuning.snapshots.checking.DataReport": "data_report_cards:draw_data_report",
    "workbench.finetuning.recording.comparing.RunComparison": "training_cards:draw_comparison",
    "workbench.finetuning.recording.recorded_run.RecordedRun": "training_cards:draw_run",
    "workbench.finetuning.training.registering.TrainingRun": "training_cards:draw_result",
    "workbench.finetuning.continual.result.Continual": "continual_cards:draw_continual",
    "workbench.interpretability.tabular.counterfactuals.Counterfactuals": (
        "row_cards:draw_counterfactuals"
    ),
    "workbench.interpretability.tabular.explanation.RowExplanation": "row_cards:draw_row",
    "workbench.knowledge.answering.answers.Answer": "answer_cards:draw_answer",
    "workbench.knowledge.citing.CitedPlace": "knowledge_answer:draw_place",
    "workbench.knowledge.inference.operations.Contradiction": "proof_cards:draw_contradiction",
    "workbench.knowledge.inference.operations.Inferred": "proof_cards:draw_inferred",
    "workbench.knowledge.inference.reasoning.Proof": "proof_cards:draw_proof",
    "workbench.knowledge.linking_operations.Candidates": "linking_cards:draw_candidates",
    "workbench.knowledge.property_graph.operations.GraphSchema": "graph_cards:draw_schema",
    "workbench.knowledge.property_graph.operations.Paths": "graph_cards:draw_paths",
    "workbench.knowledge.property_graph.operations.QueryAnswer": "graph_cards:draw_query",
    "workbench.knowledge.retrieval.telling.Retrieval": "answer_cards:draw_retrieval",
    "workbench.knowledge.shared.landing.Landed": "shared_cards:draw_landed",
    "workbench.models.operations.PulledModel": "draw_pulled",
    "workbench.models.operations.Score": "draw_score",
    "workbench.models.reply.Reply": "draw_reply",
    "workbench.evaluation.number_sketch.SketchedDistance": "sentence_cards:draw_distance",
    "workbench.monitoring.anomalies.result.Anomaly": "sentence_cards:draw_anomaly",
    "workbench.monitoring.anomalies.result.AnomalyReport": "anomaly_cards:draw_anomalies",
    "workbench.monitoring.drift.estimation.EstimatedAccuracy": "drift_cards:draw_estimate",
    "workbench.monitoring.drift.result.ConceptDrift": "sentence_cards:draw_concept",
    "workbench.monitoring.drift.result.DriftReport": "drift_cards:draw_drift",
    "workbench.monitoring.drift.watching.StreamAlarm": "sentence_cards:draw_alarm",
    "workbench.monitoring.forecasting.forecast.Forecast": "forecast_cards:draw_forecast",
    "workbench.monitoring.maintenance.result.MaintenanceReport": (
        "maintenance_cards:draw_maintenance"
    ),
    "workbench.monitoring.maintenance.result.Outlook": "maintenance_cards:draw_outlook",
    "workbench.monitoring.quality.result.QualityReport": "drift_cards:draw_quality",
    "workbench.monitoring.samples.keeping.SampleSeries": "sample_cards:draw_samples",
    "workbench.monitoring.warehouse.building.Rebuilt": "sentence_cards:draw_rebuilt",
    "workbench.privacy.anonymisation.filing.AnonymisedFile": "anonymised_text_cards:draw_file",
    "workbench.privacy.anonymisation.filing.Revealed": "anonymised_text_cards:draw_revealed",
    "workbench.privacy.anonymisation.filing.TextRisk": "anonymised_text_cards:draw_text_risk",
    "workbench.privacy.anonymisation.scoring.Recall": "anonymised_text_cards:draw_recall",
    "workbench.privacy.anonymisation.tables.assessing.AnonymisedTable": (
        "table_risk_cards:draw_anonymised"
    ),
    "workbench.privacy.anonymisation.tables.assessing.TableRisk": "table_risk_cards:draw_risk",
    "workbench.privacy.anonymisation.texts.AnonymisedText": "anonymised_text_cards:draw_text",
    "workbench.privacy.encryption.client.EncryptedAnswers": "encryption_cards:draw_answers",
    "workbench.privacy.encryption.keys.KeyFolder": "encryption_cards:draw_keys",
    "workbench.privacy.encryption.plan.Plan": "encryption_cards:draw_plan",
    "workbench.privacy.encryption.running.EncryptedInference": "encryption_cards:draw_inference",
    "workbench.privacy.auditing.attribute_inference.AttributeInference": (
        "privacy_cards:draw_attribute"
    ),
    "workbench.privacy.auditing.exposure.Exposure": "privacy_cards:draw_exposure",
    "workbench.privacy.auditing.accuracy_curve.AccuracyCurve": "privacy_curve:draw_measured",
    "workbench.privacy.auditing.membership.MembershipAttack": "privacy_cards:draw_attack",
    "workbench.privacy.auditing.min_k.TextMembership": "privacy_cards:draw_texts",
    "workbench.privacy.auditing.one_run.Audit": "privacy_cards:draw_audit",
    "workbench.privacy.dp.accounting.PrivacyLoss": "privacy_cards:draw_loss",
    "workbench.privacy.dp.budget.BudgetState": "privacy_cards:draw_budget",
    "workbench.privacy.dp.budget.Spend": "privacy_cards:draw_spend",
    "workbench.privacy.dp.operations.RunCost": "privacy_cards:draw_cost",
    "workbench.privacy.dp.statistics.PrivateFigure": "privacy_cards:draw_figure",
    "workbench.privacy.dp.training.PrivateRun": "privacy_cards:draw_run",
    "workbench.privacy.ledger.checking.EvidenceCheck": "ledger_cards:draw_evidence",
    "workbench.privacy.ledger.checkpoints.KeptCheckpoint": "ledger_cards:draw_checkpoint",
    "workbench.privacy.ledger.erasing.Erasure": "ledger_cards:draw_erasure",
    "workbench.privacy.secure.results.PrivateJoin": "secure_cards:draw_join",
    "workbench.privacy.secure.results.SecureInference": "secure_cards:draw_inference",
    "workbench.privacy.secure.results.SecureResult": "secure_cards:draw_result",
    "workbench.reports.runs.ReportRun": "draw_report_run",
    "workbench.store.job_rows.Job": "draw_job",
}
# These are drawn as one chart, with its picture for pages that run no script.
_CHARTS = {
    "workbench.interpretability.tabular.dependence.Dependence": "dependence_chart",
    "workbench.interpretability.tabular.importance.Importance": "importance_chart",
}
# These draw themselves alive where there is a kernel: they give the whole bundle.
_BUNDLES = {
    "workbench.interpretability.attribution.comparison.Comparison": "draw_methods",
    "workbench.interpretability.attribution.contrast.Contrast": "draw_contrast",
    "workbench.interpretability.attribution.result.Attribution": "draw_attribution",
    "workbench.interpretability.inside.results.AttentionMaps": "draw_attention",
    "workbench.interpretability.inside.results.Grid": "draw_grid",
    "workbench.interpretability.inside.results.Neuron": "draw_neuron",
    "workbench.knowledge.views.difference.GraphDiff": "workbench.studio.diff_cards:draw_diff",
    "workbench.knowledge.views.picture.Picture": (
        "workbench.studio.widgets.graph_view:draw_picture"
    ),
}
# These can be pages of their own.
_PAGES = {
    "workbench.knowledge.views.difference.GraphDiff": "draw_diff_page",
    "workbench.knowledge.views.picture.Picture": "draw_page",
}
# Lists of these are drawn by a viewer of their own; all others as a table of their fields.
_LISTS = {
    "workbench.knowledge.inference.operations.Contradiction": "proof_cards:draw_contradictions",
    "workbench.knowledge.inference.reasoning.Proof": "proof_cards:draw_proofs",
    "workbench.knowledge.inference.rulebook.BookRule": "linking_cards:draw_rules",
    "workbench.knowledge.senses.Homonym": "linking_cards:draw_homonyms",
    "workbench.models.operations.ModelRow": "draw_models",
    "workbench.privacy.dp.budget.BudgetState": "privacy_cards:draw_budgets",
    "workbench.privacy.dp.budget.Spend": "privacy_cards:draw_spends",
    "workbench.privacy.dp.statistics.PrivateFigure": "privacy_cards:draw_figures",
    "workbench.privacy.ledger.checkpoints.KeptCheckpoint": "ledger_cards:draw_checkpoints",
}


def register() -> None:
    """Register every viewer of this room; in a notebook also draw lists and progress."""
    for kind, name in _VIEWERS.items():
        register_viewer(kind, _viewer(name))
    for kind, name in _BUNDLES.items():
        register_viewer(kind, _bundle(name))
    for kind, name in _PAGES.items():
        register_page(kind, _page(name))
    for kind, name in _CHARTS.items():
        register_viewer(kind, _chart(name))
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    if hasattr(shell, "kernel"):
        from workbench.studio.notebook_progress import listen

        formatter = shell.display_formatter.mimebundle_formatter
        formatter.for_type(list, draw_list)
        formatter.for_type(tuple, draw_list)
        # It draws itself plainly; a printer that is named here goes before its own method.
        formatter.for_type_by_name("workbench.reports.runs", "ReportRun", mime_bundle)
        listen()


def draw_list(items: Any) -> dict[str, Any] | None:
    """A list of results of ours as a table; None, and so Python's own way, for all others."""
    kinds = {type(item) for item in items}
    if len(kinds) != 1:
        return None
    kind = kinds.pop()
    if not dataclasses.is_dataclass(kind) or not _is_ours(kind):
        return None
    name = _LISTS.get(f"{kind.__module__}.{kind.__qualname__}")
    if name is not None:
        html = _function(name)(items)
    else:
        from workbench.studio.tables import table

        html = table(items).html()
    return {"text/html": html, "text/plain": repr(items)}


def _is_ours(kind: type) -> bool:
    return issubclass(kind, Viewable) or kind.__module__.partition(".")[0] == "workbench"


def _viewer(name: str) -> Callable[[Any], dict[str, Any]]:
    """The viewer that a function of the cards makes; ``module:function`` names another file."""

    def draw(result: Any) -> dict[str, Any]:
        return {"text/html": _function(name)(result), "text/plain": repr(result)}

    return draw


def _function(name: str) -> Callable[[Any], str]:
    file, _, function = name.rpartition(":")
    module = importlib.import_module(f"workbench.studio.{file}" if file else _CARDS)
    found: Callable[[Any], str] = getattr(module, function)
    return found


def _chart(name: str) -> Callable[[Any], dict[str, Any]]:
    def draw(result: Any) -> dict[str, Any]:
        from workbench.studio import explain_charts

        found: dict[str, Any] = getattr(explain_charts, name)(result)._repr_mimebundle_()
        return found

    return draw


def _bundle(name: str) -> Callable[[Any], dict[str, Any]]:
    module, _, function = name.rpartition(":")

    def draw(result: Any) -> dict[str, Any]:
        found: dict[str, Any] = getattr(importlib.import_module(module or _DRAWN), function)(result)
        return found

    return draw


def _page(name: str) -> Callable[[Any], str]:
    def draw(result: Any) -> str:
        from workbench.studio.widgets import graph_page

        found: str = getattr(graph_page, name)(result)
        return found

    return draw
