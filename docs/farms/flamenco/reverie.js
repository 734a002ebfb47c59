// A film dreamed by Flamenco 3, each task a stretch of frames. See docs/remote.md.
// Put this file into the folder `scripts` beside flamenco-manager, and give the Manager a variable `reverie`: the
// command on the workers, as /opt/reverie/bin/reverie.

const JOB_TYPE = {
    label: "Reverie: Dream Frames",
    settings: [
        {
            key: "source", type: "string", subtype: "file_path", required: true,
            description: "What to dream on: a folder of numbered frames, a pattern as shot_####.exr, or one of the frames",
        },
        {
            key: "folder", type: "string", subtype: "dir_path", required: true,
            description: "Where the dreamed frames go, on storage that all workers share",
        },
        {
            key: "frames", type: "string", required: true,
            eval: "f'{C.scene.frame_start}-{C.scene.frame_end}'",
            evalInfo: { showLinkButton: true, description: "Frame range of the scene" },
            description: "Frames to dream, as 1-250",
        },
        {
            key: "chunk_size", type: "int32", default: 10, visible: "submission",
            description: "Frames of one task. Where a shot goes on, its frames need those before them: long tasks waste less",
        },
        {
            key: "options", type: "string", default: "", visible: "submission",
            description: "Further options of reverie frames, as --preset vase --octaves 5. None may hold a space",
        },
    ],
};

function compileJob(job) {
    const { source, folder, frames, chunk_size, options } = job.settings;
    const further = (options || "").split(" ").filter((option) => option.length > 0);
    for (const chunk of frameChunker(frames, chunk_size)) {
        const task = author.Task(`dream-${chunk}`, "misc");
        // A chunk of frames that do not follow each other is several ranges.
        for (const range of chunk.split(",")) {
            const args = ["frames", source, folder, "--frames", range.trim(), ...further];
            task.addCommand(author.Command("exec", { exe: "{reverie}", args }));
        }
        job.addTask(task);
    }
}
