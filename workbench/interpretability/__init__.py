"""Why a model says what it says: attribution, what stands inside it, and models of tables."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "Attribution": "attribution.result",
        "Comparison": "attribution.comparison",
        "Contrast": "attribution.contrast",
        "attribute": "attribution.operations",
        "attribute_label": "attribution.labels",
        "attribute_target": "attribution.attributing",
        "compare": "attribution.operations",
        "compare_methods": "attribution.comparison",
        "compute_dependence": "tabular.dependence",
        "contrast": "attribution.operations",
        "counterfactuals": "tabular.operations",
        "dependence": "tabular.operations",
        "explain_one": "tabular.explaining",
        "explain_row": "tabular.operations",
        "explain_rows": "tabular.shap_values",
        "find_counterfactuals": "tabular.counterfactuals",
        "find_examples": "examples.operations",
        "find_suspects": "examples.operations",
        "importance": "tabular.operations",
        "inside": "",
        "measure_importance": "tabular.importance",
    },
)
