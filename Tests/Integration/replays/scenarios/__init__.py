"""What replays the recorded scenarios, one file for each kind."""
