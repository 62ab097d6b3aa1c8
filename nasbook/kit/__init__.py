"""What methods and tasks share that is no method: checked settings, states on disk, threads, memory."""
