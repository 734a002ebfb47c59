"""What can be asked of a dream: declared here, once, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from .declaration import Choice, Declared, setting

# The folded parts of the interface, in the order they are shown: name -> title.
SECTIONS = {
    "target": "Target",
    "ascent": "Ascent",
    "start": "Start",
    "surface": "Surface",
    "advanced": "Advanced",
}


@dataclass(frozen=True)
class DreamSettings(Declared):
    """The settings of a still dream. The defaults are Google's notebook of 2015, our preset "classic"."""

    network: str = setting(
        "reverie", "Network", "The network that dreams: what it has learned to see is what will appear", hard=(1, 128)
    )
    layers: str = setting(
        "",
        "Layers",
        "What to excite, separated by commas: layers (early ones draw strokes, deep ones whole things), "
        "inception4c[12, 40-45] for some of its channels, class(daisy), 0.5*conv2 for less, -conv2 for the opposite. "
        "Empty means the network's own favourite",
        hard=(0, 1024),
    )
    octaves: int = setting(
        4, "Octaves", "How many sizes the dream goes through, from small to full", hard=(1, 16), soft=(1, 8)
    )
    octave_scale: float = setting(
        1.4, "Octave Scale", "The ratio between one octave's size and the next", hard=(1.05, 4.0), soft=(1.2, 2.0)
    )
    iterations: int = setting(
        10, "Iterations", "Steps taken at each octave: more steps, a stronger dream", hard=(1, 2000), soft=(1, 50)
    )
    step: float = setting(
        1.5,
        "Step",
        "How far one step moves the picture on average, in 1/255 of its range",
        hard=(0.0, 64.0),
        soft=(0.1, 6.0),
        unit="/255",
    )
    strength: float = setting(
        1.0, "Strength", "How much of the dream is mixed into the picture: 0 leaves it untouched", hard=(0.0, 1.0)
    )

    measure: str = setting(
        "energy",
        "Measure",
        "What counts as more of a layer",
        choices=(
            Choice("energy", "Energy", "The sum of squares: what is there already grows most, as in the original"),
            Choice("mean", "Mean", "The plain mean: all of it grows alike, as in TensorFlow's tutorials"),
        ),
        section="target",
    )
    balance: bool = setting(
        True, "Balance", "With several targets, make each count as much as its weight says", section="target"
    )
    guiding: str = setting(
        "match",
        "Guiding",
        "How the layers follow the guide picture, when one is given",
        choices=(
            Choice("match", "Best Match", "Each place takes after whatever in the guide is most like it"),
            Choice("statistics", "Statistics", "The channels that are strong in the guide grow strong everywhere"),
            Choice("style", "Style", "The textures of the guide, wherever they stand in it"),
            Choice("explicit", "As Written", "Only where the layers say so: match(conv3), style(conv2)"),
        ),
        section="target",
    )

    ascent: str = setting(
        "normalised",
        "Ascent",
        "How a step follows the gradient",
        choices=(
            Choice("normalised", "Normalised", "Along the gradient, as far as Step says, as in the original"),
            Choice("adam", "Adam", "Each pixel at its own pace, learned on the way: calmer, more even"),
        ),
        section="ascent",
    )
    normaliser: str = setting(
        "mean",
        "Normaliser",
        "What a gradient is divided by before a step",
        choices=(
            Choice("mean", "Mean", "Its mean size, as in the original"),
            Choice("deviation", "Deviation", "Its standard deviation, as in TensorFlow's tutorial"),
            Choice("standard", "Standard", "The same, after its mean is taken away: the picture gets no lighter"),
        ),
        section="ascent",
    )
    smoothing: str = setting(
        "none",
        "Smoothing",
        "How the gradient is smoothed before a step",
        choices=(
            Choice("none", "None", "As it comes: crisp and busy"),
            Choice("laplacian", "Laplacian", "Every scale of detail gets an equal share: large soft forms join in"),
            Choice("gaussian", "Gaussian", "Blurred, more so with every step: calm, rounded forms"),
        ),
        section="ascent",
    )
    smoothness: float = setting(
        0.5,
        "Smoothness",
        "How far Gaussian smoothing reaches at first",
        hard=(0.0, 16.0),
        soft=(0.0, 4.0),
        unit="px",
        section="ascent",
        when=("smoothing", ("gaussian",)),
    )
    bands: int = setting(
        4,
        "Bands",
        "How many scales of detail Laplacian smoothing evens out",
        hard=(1, 10),
        soft=(2, 6),
        section="ascent",
        when=("smoothing", ("laplacian",)),
    )
    total_variation: float = setting(
        0.0,
        "Calm",
        "Pulls neighbouring pixels together (total variation): 1 pulls as hard as the dream pushes",
        hard=(0.0, 10.0),
        soft=(0.0, 1.0),
        section="ascent",
    )
    pull: float = setting(
        0.0,
        "Pull",
        "Draws the dream back towards the picture: 1 pulls as hard as the dream pushes",
        hard=(0.0, 10.0),
        soft=(0.0, 1.0),
        section="ascent",
    )
    blur: float = setting(
        0.0,
        "Blur",
        "Blurs what was dreamed a little after every step",
        hard=(0.0, 8.0),
        soft=(0.0, 1.0),
        unit="px",
        section="ascent",
    )
    random_scale: float = setting(
        0.0,
        "Random Scale",
        "Each step looks at the picture larger or smaller by up to this share: sturdier forms",
        hard=(0.0, 0.5),
        soft=(0.0, 0.2),
        section="ascent",
    )
    random_turn: float = setting(
        0.0,
        "Random Turn",
        "Each step looks at the picture turned by up to this much either way",
        hard=(0.0, 180.0),
        soft=(0.0, 30.0),
        unit="degrees",
        section="ascent",
    )
    flips: bool = setting(
        False, "Flips", "Every other step, by chance, looks at the picture mirrored", section="ascent"
    )

    start: str = setting(
        "picture",
        "Start",
        "What the dream begins with",
        choices=(
            Choice("picture", "Picture", "The picture itself"),
            Choice("grey", "Grey", "Nothing but grey, and a breath of noise"),
            Choice("white", "White Noise", "Noise, all scales of detail mixed alike per pixel"),
            Choice("pink", "Pink Noise", "Noise with the spectrum of photographs: soft clouds of every size"),
            Choice("brown", "Brown Noise", "Noise of large soft forms"),
        ),
        section="start",
    )
    parameters: str = setting(
        "pixels",
        "Parameters",
        "What a step changes: the numbers that the picture is made of",
        choices=(
            Choice("pixels", "Pixels", "The pixels themselves, as in the original"),
            Choice("fourier", "Fourier", "Waves of all sizes in decorrelated colours: rich forms out of noise"),
        ),
        section="start",
    )
    detail_split: bool = setting(
        True,
        "Keep Sharp",
        "Carry only what was dreamed from one octave to the next, so that the picture stays sharp, as in the original",
        section="start",
    )
    octaves_beyond: int = setting(
        0,
        "Octaves Beyond",
        "Sizes larger than the picture that are dreamed after it, and scaled back",
        hard=(0, 4),
        section="start",
    )
    bump: str = setting(
        "none",
        "Bump",
        "What happens to the dream between octaves, so that a settled one moves on",
        choices=(
            Choice("none", "None", "Nothing"),
            Choice("noise", "Noise", "Some noise is added"),
            Choice("twist", "Twist", "What was dreamed is twisted about the middle"),
            Choice("shift", "Shift", "What was dreamed moves aside"),
        ),
        section="start",
    )
    bump_amount: float = setting(
        0.1,
        "Bump Amount",
        "How strong the bump is",
        hard=(0.0, 1.0),
        section="start",
        when=("bump", ("noise", "twist", "shift")),
    )

    seamless: str = setting(
        "none",
        "Seamless",
        "Dream so that the edges of the picture meet without a seam",
        choices=(
            Choice("none", "Off", "The edges are edges"),
            Choice("x", "Sideways", "Left and right meet: skies all around"),
            Choice("y", "Up and Down", "Top and bottom meet"),
            Choice("xy", "Both", "All edges meet: textures that tile"),
        ),
        section="surface",
    )
    colours: str = setting(
        "dream",
        "Colours",
        "Whose colours the result has",
        choices=(
            Choice("dream", "Dream", "The dream's own"),
            Choice("luminance", "Keep", "The picture's; the dream only makes it lighter and darker"),
            Choice("match", "Match", "The dream's, drawn into the range of the picture's"),
        ),
        section="surface",
    )
    output: str = setting(
        "picture",
        "Output",
        "What comes back: the whole picture, or the dream alone",
        choices=(
            Choice("picture", "Picture", "The picture with the dream in it"),
            Choice("detail", "Detail Only", "What the dream added, to be added on top: values below 0 darken"),
        ),
        section="surface",
    )
    content: str = setting(
        "auto",
        "Content",
        "What the picture's values mean",
        choices=(
            Choice("auto", "Automatic", "By its colour space and its values"),
            Choice("colour", "Colour", "Colours to look at"),
            Choice("data", "Data", "Roughness, height and the like: the dream is the same in every channel"),
            Choice("normal", "Normal Map", "Directions, green is up: the dream is a relief pressed into them"),
        ),
        section="surface",
    )

    seed: int = setting(
        0, "Seed", "The same seed, settings and picture give the same dream", hard=(0, 2**31 - 1), section="advanced"
    )
    jitter: int = setting(
        32,
        "Jitter",
        "Each step looks at the picture shifted by up to this much, so that no grid shows",
        hard=(0, 1024),
        soft=(0, 64),
        unit="px",
        section="advanced",
    )
    edges: str = setting(
        "mirror",
        "Edges",
        "What the shifted picture shows beyond its edges",
        choices=(
            Choice("mirror", "Mirrored", "The picture mirrored: nothing is there that is not in the picture"),
            Choice("roll", "Rolled", "Its far side, as in the original: where both meet, an edge is dreamed"),
        ),
        section="advanced",
    )
    clip: bool = setting(
        True, "Clip", "Keep every step within the picture's range, as the original does", section="advanced"
    )
    tile: int = setting(
        0,
        "Tile",
        "Dream large pictures in tiles of this side, which bounds the memory needed. 0 chooses by itself",
        hard=(0, 16384),
        soft=(0, 2048),
        unit="px",
        section="advanced",
    )
    memory: float = setting(
        0.0,
        "Memory",
        "How much of the device's memory a dream may take. 0 chooses by itself",
        hard=(0.0, 1024.0),
        soft=(0.0, 64.0),
        unit="GB",
        section="advanced",
    )
    precision: str = setting(
        "auto",
        "Precision",
        "Numbers the network computes in",
        choices=(
            Choice("auto", "Automatic", "The fastest this device can do without changing the picture's look"),
            Choice("float32", "Full", "32-bit: slowest, exactly repeatable across devices of one kind"),
            Choice("bfloat16", "Brain Half", "16-bit with a wide range"),
            Choice("float16", "Half", "16-bit, for graphics cards"),
        ),
        section="advanced",
    )
