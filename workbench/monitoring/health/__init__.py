"""How the machine and the gateway do over a span: samples and answered calls, step by step."""
