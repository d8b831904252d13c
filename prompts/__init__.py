"""What is asked of each family of models: one TOML file a family (see README.md here)."""
