/* Charts of the lots that pass: land and floor by use, zone and year, land against floor. */
