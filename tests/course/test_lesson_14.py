"""Wrong answers to the exercises of lesson 14 are told what is wrong with them."""

import pytest

WORSE = "all(x <= y for x, y in zip(a, b))"
WRONG = [
    ("14.front", "def nondominated(Y):\n    return [i for i, b in enumerate(Y) if not any(all(x < y for x, y in zip(a, b)) for a in Y)]",
     "is not on the front: .* nowhere worse and somewhere better"),
    ("14.front", f"def nondominated(Y):\n    return [i for i, b in enumerate(Y) if not any({WORSE} for j, a in enumerate(Y) if j != i)]",
     "Equal points do not dominate each other"),
    ("14.front", "def nondominated(Y):\n    return sorted({min(range(len(Y)), key=lambda i: Y[i][j]) for j in range(len(Y[0]))})",
     "is on the front, too"),
    ("14.front", "def nondominated(Y):\n    return [i for i, b in enumerate(Y)"
     " if not any(all(x >= y for x, y in zip(a, b)) and a != b for a in Y)]", "is not on the front"),
    ("14.front", f"def nondominated(Y):\n    return [b for b in Y if not any({WORSE} and a != b for a in Y)]", "the positions"),
    ("14.front", f"def nondominated(Y):\n    return [not any({WORSE} and a != b for a in Y) for b in Y]", "the positions"),
    ("14.front", f"def nondominated(Y):\n    return [i for i, b in enumerate(Y) if not any({WORSE} and a != b for a in Y)][::-1]",
     "rising"),
    ("14.hypervolume", "def hypervolume(points, ref):\n"
     "    return sum(max(0, ref[0] - x) * max(0, ref[1] - y) for x, y in points)", "counts once"),
    ("14.hypervolume", "def hypervolume(points, ref):\n    area, low = 0.0, ref[1]\n    for x, y in sorted(points):\n"
     "        if y < low:\n            area += (ref[0] - x) * (low - y)\n            low = y\n    return area", "covers nothing"),
    ("14.hypervolume", "def hypervolume(points, ref):\n    area, low = 0.0, ref[1]\n    for x, y in sorted(points):\n"
     "        area += max(0, ref[0] - x) * (low - y)\n        low = y\n    return area", "yours is"),
    ("14.hypervolume", "def hypervolume(points, ref):\n    area, low = 0.0, ref[1]\n    for x, y in points:\n"
     "        if x < ref[0] and y < low:\n            area += (ref[0] - x) * (low - y)\n            low = y\n    return area",
     "from left to right"),
    ("14.hypervolume", "def hypervolume(points, ref):\n    return (ref[0] - min(p[0] for p in points)) * (ref[1] - min(p[1] for p in points))",
     "cover an area of"),
    ("14.crowding", "def crowding(points):\n    d = [0.0] * len(points)\n    for j in range(2):\n"
     "        o = sorted(range(len(points)), key=lambda i: points[i][j])\n        for a, i, b in zip(o, o[1:], o[2:]):\n"
     "            d[i] += points[b][j] - points[a][j]\n        d[o[0]] = d[o[-1]] = float('inf')\n    return d", "divide each gap"),
    ("14.crowding", "def crowding(points):\n    d = [0.0] * len(points)\n    for j in range(2):\n"
     "        o = sorted(range(len(points)), key=lambda i: points[i][j])\n        span = points[o[-1]][j] - points[o[0]][j]\n"
     "        for a, i, b in zip(o, o[1:], o[2:]):\n            d[i] += (points[b][j] - points[a][j]) / span\n    return d",
     "infinite, so that they always live on"),
    ("14.crowding", "def crowding(points):\n    p, d = sorted(points), [float('inf')]\n    for a, b, c in zip(p, p[1:], p[2:]):\n"
     "        d.append(sum(abs(c[j] - a[j]) / (max(q[j] for q in p) - min(q[j] for q in p)) for j in range(2)))\n"
     "    return d + [float('inf')]", "in another order|are the ends"),
    ("14.crowding", "def crowding(points):\n    d = [0.0] * len(points)\n    for j in range(1):\n"
     "        o = sorted(range(len(points)), key=lambda i: points[i][j])\n        span = points[o[-1]][j] - points[o[0]][j]\n"
     "        for a, i, b in zip(o, o[1:], o[2:]):\n            d[i] += (points[b][j] - points[a][j]) / span\n"
     "        d[o[0]] = d[o[-1]] = float('inf')\n    return d", "has the distance"),
    ("14.crowding", "def crowding(points):\n    return 1.0", "one number for each"),
    ("14.slope", "def slope(p, t):\n    return [a * b for a, b in zip(p, t)]", "subtract E inside the bracket"),
    ("14.slope", "def slope(p, t):\n    E = sum(a * b for a, b in zip(p, t))\n    return [b - E for b in t]", "multiply by p_i"),
    ("14.slope", "def slope(p, t):\n    E = sum(a * b for a, b in zip(p, t))\n    return [a * (E - b) for a, b in zip(p, t)]",
     "the sign is turned round"),
    ("14.slope", "def slope(p, t):\n    return t", "p is the softmax of α"),
    ("14.slope", "def slope(p, t):\n    return sum(a * b for a, b in zip(p, t))", "one number for each"),
    ("14.slope", "def slope(p, t):\n    return [a * (b - sum(t) / len(t)) for a, b in zip(p, t)]", "add up to 0"),
    ("14.slope", "def slope(p, t):\n    return [0.0] * len(p)", "the first is"),
    ("14.growth", "def growth(alpha, beta, gamma, phi):\n    return (alpha * beta * gamma) ** phi", "reads w channels and writes w"),
    ("14.growth", "def growth(alpha, beta, gamma, phi):\n    return alpha * beta**2 * gamma**2", "single step of φ|not"),
    ("14.growth", "def growth(alpha, beta, gamma, phi):\n    return alpha * beta**2 * gamma**2 * phi", "steps multiply"),
    ("14.growth", "def growth(alpha, beta, gamma, phi):\n    return (alpha**2 * beta**2 * gamma**2) ** phi", "not four times"),
    ("14.growth", "def growth(alpha, beta, gamma, phi):\n    return 2.0**phi", "cost 9 d w² r²"),
    ("14.growth", "def growth(alpha, beta, gamma, phi):\n    return None", "must return a number"),
]  # fmt: skip


@pytest.mark.parametrize("name, source, says", WRONG, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(WRONG)])
def test_a_wrong_answer_is_told_what_is_wrong(name, source, says, refused):
    refused(name, source, says)
