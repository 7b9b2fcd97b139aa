"""From a name to a model in memory: find the folder, judge its files, load in chunks."""
