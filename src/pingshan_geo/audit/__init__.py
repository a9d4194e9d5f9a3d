"""Whether figures hold: claims, sources read again, sensitivity, differences, bundles."""
