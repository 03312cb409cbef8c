/* What a process of ours is called, where everybody may look. */
#ifndef LAUNCHER_TITLE_H
#define LAUNCHER_TITLE_H

/*
 * Replaces the name and the whole command line of the engine that we were forked from: /proc/1 is
 * there for every command to read. Allocates nothing.
 */
void title_set(const char *title);

#endif
