"""Fine-tuning: what is asked, and the runs that are followed."""
