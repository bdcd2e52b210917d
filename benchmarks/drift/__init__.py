"""What fine-tuning makes of a drift, beside retraining from scratch."""
