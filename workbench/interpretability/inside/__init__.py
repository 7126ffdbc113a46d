"""What stands inside a transformer: lenses, attention, patching, steering, probes, neurons."""

from workbench.core.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "ProbeItem": "linear_probe",
        "apply_logit_lens": "logit_lens",
        "apply_tuned_lens": "tuned_lens",
        "attribute_logits": "direct_logit_attribution",
        "find_steering_vector": "difference_of_means",
        "find_top_activations": "top_activations",
        "make_steering_vector": "difference_of_means",
        "measure_steering": "difference_of_means",
        "patch_grid": "activation_patching",
        "read_attention": "attention_maps",
        "read_inputs": "frozen_inputs",
        "roll_out_attention": "attention_rollout",
        "steered": "difference_of_means",
        "train_probe": "linear_probe",
        "train_tuned_lens": "tuned_lens",
    },
)
