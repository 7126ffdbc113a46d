"""An adapter taken elsewhere: other forms, proved equal, and merged into its base."""
