"""What starts runs: jobs, schedules, sensors, and the freshness policies that say when something is late."""
