"""What is written tells what is."""
