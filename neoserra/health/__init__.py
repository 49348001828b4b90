"""For machines that watch this one."""
