"""The pages marketers and analysts look at, made from the published file and nothing else."""
