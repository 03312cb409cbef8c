/* Dependency layers that tests make, use and let go. */
#include "tests/layer_play.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/drive_cmocka.h"

enum { WAIT_MS = 20000 };

const char *layer_play_path(const struct drive *d, const char *kind, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s/%s", d->state, kind, name);
	return path;
}

bool layer_play_is_kept(const struct drive *d, const char *key)
{
	return d->ops->layer_known(d->state, key);
}

size_t layer_play_entries(const struct drive *d, const char *kind)
{
	size_t count = 0;
	struct dirent *entry;
	DIR *folder = opendir(layer_play_path(d, kind, ""));

	while (folder && (entry = readdir(folder)))
		count += entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return count;
}

int layer_play_open(struct drive *d, uint64_t layers_disk)
{
	struct sandbox_spec spec = {
		.state_dir = d->state,
		.limits = d->limits,
		.layers_disk = layers_disk,
	};

	d->err = (struct error){0};
	return drive_wait(d, d->ops->open(&d->sandbox, &d->loop, &spec, drive_on_done, d, &d->err));
}

void layer_play_begin(struct drive *d, const char *key)
{
	if (d->ops->layer_begin(d->sandbox, key, NULL, 0, &d->err))
		fail_msg("%s", d->err.text);
}

void layer_play_build(struct drive *d, const char *key, unsigned mib)
{
	char line[128];

	layer_play_begin(d, key);
	snprintf(line, sizeof(line), "mkdir m && head -c %uM /dev/zero >m/first && echo %s >m/last",
		 mib, key);
	shell(d, line);
	assert_int_equal(d->out.exit_code, 0);
	if (drive_layer_end(d, true))
		fail_msg("%s", d->err.text);
}

void layer_play_make(struct drive *d, const char *key, unsigned mib)
{
	if (layer_play_open(d, 0))
		fail_msg("%s", d->err.text);
	layer_play_build(d, key, mib);
	drive_close(d);
}

bool layer_play_use(struct drive *d, const char *key)
{
	bool found = false;

	if (d->ops->layer_use(d->sandbox, key, &found, &d->err))
		fail_msg("%s", d->err.text);
	return found;
}

void layer_play_set_used(const struct drive *d, const char *key, time_t when)
{
	const struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

	assert_int_equal(utimensat(AT_FDCWD, layer_play_path(d, "layers", key), times, 0), 0);
}

struct layers_kept layer_play_trim(struct drive *d, uint64_t most)
{
	struct layers_kept kept;

	if (d->ops->layers_trim(d->state, most, &kept, &d->err))
		fail_msg("%s", d->err.text);
	return kept;
}

void layer_play_wait_until_none(const struct drive *d, const char *kind)
{
	for (int waited = 0; layer_play_entries(d, kind) > 0; waited += 10) {
		if (waited > WAIT_MS)
			fail_msg("%zu left in %s", layer_play_entries(d, kind), kind);
		usleep(10000);
	}
}
