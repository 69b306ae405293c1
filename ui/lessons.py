"""What to predict before a lesson of the page Two moons, and what explains it afterwards."""

from ui.language import N_

# For each example what to predict first, and what explains it afterwards.
LESSONS = {
    "Two moons": (
        N_("How many bends does the boundary need?"),
        N_("Two: each hidden neuron draws one soft line, and the output adds a few of them to a curve."),
    ),
    "A line is not enough: XOR without hidden layer": (
        N_("How good can one straight line be?"),
        N_("Without a hidden layer the boundary is a line, and any line leaves about half of these points wrong."),
    ),
    "XOR with the right feature": (
        N_("Still no hidden layer, but the network is told x · y. Is that enough?"),
        N_("Yes: in the right features the problem is a line again. Finding such features is what layers are for."),
    ),
    "XOR with three neurons": (
        N_("How few neurons can do it?"),
        N_("Two can, when they begin well; three nearly always do. Try other seeds."),
    ),
    "A step too far": (
        N_("What does a learning rate of 10 do?"),
        N_("Each step jumps over the valley to a place that is worse: the loss leaps about or runs away."),
    ),
    "Dead neurons": (
        N_("Watch the small maps: which neurons no longer answer?"),
        N_(
            "A neuron with ReLU whose sum is below 0 for all points gives 0 and gets no gradient: "
            "it stays dead. A leaky ReLU or a smaller rate keeps it alive."
        ),
    ),
    "All the same: weights of zero": (
        N_("Eight neurons begin alike. Will they become different?"),
        N_("Never: the same weights get the same gradients. Chance at the start is what makes neurons differ."),
    ),
    "Learned by heart": (
        N_("A large network, twenty noisy points to learn from: which of the two losses will rise?"),
        N_("The validation loss: the boundary winds round single points, which say nothing about others."),
    ),
    "The same, held back": (
        N_("The same with L2 = 0.03: what becomes of the boundary?"),
        N_("It is smoother: large weights cost, so single points are given up, and validation gains."),
    ),
    "A deep chain of sigmoids": (
        N_("Five layers must be better than one. Or not?"),
        N_(
            "The slope of a sigmoid is at most 1/4, so through five layers a gradient shrinks to a thousandth: "
            "the first layers hardly learn. Change the activation to tanh."
        ),
    ),
    "The spiral": (
        N_("How long does it take until the arms are told apart?"),
        N_("Hundreds of epochs: from x and y alone many bends must be found. Give it the sines as well."),
    ),
    "Five classes": (
        N_("Where do the boundaries between five groups meet?"),
        N_("Each class has a score, and the greatest wins: the regions of a softmax meet in corners."),
    ),
}
