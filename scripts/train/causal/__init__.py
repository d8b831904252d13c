"""Train the causal writer: a pretrained teacher, then pruned students."""
