/* What was delivered when, summed up against the target. */
