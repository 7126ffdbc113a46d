"""Quality of answers over time: what users and judges say, refusals, errors, length, language."""
