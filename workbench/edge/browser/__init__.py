"""A page that answers in a browser: model, passages and runtime as files of one folder."""
