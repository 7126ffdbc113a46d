"""Names and places of many countries, made out of public packages when they are first wanted."""
