"""Tables in which nobody is alone: measured on any table, and made by recoding."""
