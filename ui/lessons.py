"""Lessons of the page Two moons: what to predict first, what explains it afterwards, and the accuracy to reach."""

from ui.language import N_

# For each example; the last number is a share of the validation points, 0 for no goal.
LESSONS = {
    "Two moons": (
        N_("How many bends does the boundary need?"),
        N_("Two: each hidden neuron draws one soft line, and the output adds a few of them to a curve."),
        0.93,
    ),
    "A line is not enough: XOR without hidden layer": (
        N_("How good can one straight line be?"),
        N_(
            "Without a hidden layer the boundary is a line, and even the best line leaves more than a quarter of these "
            "points wrong."
        ),
        0.95,
    ),
    "XOR with the right feature": (
        N_("Still no hidden layer, but the network is told x · y. Is that enough?"),
        N_("Yes: in the right features the problem is a line again. Finding such features is what layers are for."),
        0.95,
    ),
    "XOR with three neurons": (
        N_("How few neurons can do it?"),
        N_("Two can, when they begin well; three mostly do. Try other seeds of the weights."),
        0.95,
    ),
    "A step too far": (
        N_("What does a learning rate of 10 do?"),
        N_("Each step jumps over the valley to a place that is worse: the loss leaps about or runs away."),
        0.9,
    ),
    "Dead neurons": (
        N_("Watch the small maps: which neurons no longer answer?"),
        N_(
            "A neuron with ReLU whose sum is below 0 for all points gives 0 and gets no gradient: "
            "it stays dead. A leaky ReLU or a smaller rate keeps it alive."
        ),
        0.95,
    ),
    "All the same: weights of zero": (
        N_("Eight neurons begin alike. Will they become different?"),
        N_("Never: the same weights get the same gradients. Chance at the start is what makes neurons differ."),
        0.9,
    ),
    "Learned by heart": (
        N_("A large network, twenty noisy points to learn from: which of the two losses will rise?"),
        N_("The validation loss: the boundary winds round single points, which say nothing about others."),
        0.0,
    ),
    "The same, held back": (
        N_("The same with L2 = 0.03: what becomes of the boundary?"),
        N_(
            "It is smoother: large weights cost, so single points are given up. The validation loss falls far, though "
            "the share of points told apart may not rise: what remains wrong is wrong with less certainty."
        ),
        0.0,
    ),
    "A deep chain of sigmoids": (
        N_("Five layers must be better than one. Or not?"),
        N_(
            "The slope of a sigmoid is at most 1/4, so through five layers a gradient shrinks to a thousandth: "
            "the first layers hardly learn. Change the activation to tanh."
        ),
        0.95,
    ),
    "The spiral": (
        N_("How long does it take until the arms are told apart?"),
        N_("Hundreds of epochs: from x and y alone many bends must be found. Give it the sines as well."),
        0.95,
    ),
    "Five classes": (
        N_("Where do the boundaries between five groups meet?"),
        N_("Each class has a score, and the greatest wins: the regions of a softmax meet in corners."),
        0.97,
    ),
}
