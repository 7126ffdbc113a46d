"""The HTTP interfaces that the gateway speaks, one module each: bytes to a Call, pieces to bytes.

A dialect knows nothing of policy. ``parse`` gives a call or an error that names the field at fault;
``render`` and ``render_stream`` write an answer, ``render_error`` what went wrong instead.
"""
