// Train one cell network on 8x8 images with SGD, on one thread, as fast as a few kilobytes of weights allow.
//
//   image -> stem conv 3x3 (8 channels) -> cell -> ReLU, conv 3x3 stride 2 (16 channels) -> cell -> BN, ReLU, mean -> linear
//
// The readable twin is nasbook.tasks.cells: same network, same recipe, in PyTorch, ten times slower. test_digits201.py compares.
// Build: trainer.py does it (g++ -O3 -march=native -ffast-math). -ffast-math is not bit-stable from processor to processor.
//
// Layout: a batch of feature maps is (image, row, column, channel) with a border of zeros around each image, so that a 3x3
// window needs no special case, and eight channels are one vector register.
#include <cmath>
#include <cstdlib>
#include <cstring>

typedef float vec __attribute__((vector_size(32)));  // eight floats
enum Op { NONE, SKIP, CONV1, CONV3, POOL };
static const int EDGES = 6, NODES = 4;
static const int FROM[EDGES] = {0, 0, 1, 0, 1, 2}, TO[EDGES] = {1, 2, 2, 3, 3, 3};
static const int BATCH = 50, CHANNELS = 8, MAX_CLASSES = 32;  // BATCH is the largest batch that fits
static float bn_momentum = 0.3f;

// ---- a batch of feature maps --------------------------------------------------------------------------------------------

template <int H, int C> struct Map {
    static const int PITCH = H + 2, V = C / 8, ROW = H * V;
    vec* data;
    Map() {
        size_t bytes = sizeof(vec) * BATCH * PITCH * PITCH * V;
        data = (vec*)aligned_alloc(64, (bytes + 63) / 64 * 64);
        memset(data, 0, bytes);
    }
    ~Map() { free(data); }
    Map(const Map&) = delete;
    vec* row(int image, int y) const { return data + ((image * PITCH + y + 1) * PITCH + 1) * V; }
    const float* floats(int image, int y) const { return (const float*)row(image, y); }
};
#define EACH_ROW(H) for (int b = 0; b < n; b++) for (int y = 0; y < H; y++)

template <int H, int C> void clear(Map<H, C>& m, int n) {
    EACH_ROW(H) memset(m.row(b, y), 0, sizeof(vec) * m.ROW);
}
template <int H, int C> void relu(const Map<H, C>& in, Map<H, C>& out, int n) {
    EACH_ROW(H) {
        vec *s = in.row(b, y), *t = out.row(b, y);
        for (int i = 0; i < in.ROW; i++) t[i] = s[i] > 0 ? s[i] : vec{};
    }
}
template <int H, int C> void add(const Map<H, C>& in, Map<H, C>& out, int n) {
    EACH_ROW(H) {
        vec *s = in.row(b, y), *t = out.row(b, y);
        for (int i = 0; i < in.ROW; i++) t[i] += s[i];
    }
}
// out += gradient where the input of the ReLU was positive
template <int H, int C> void add_relu_gradient(const Map<H, C>& gradient, const Map<H, C>& in, Map<H, C>& out, int n) {
    EACH_ROW(H) {
        vec *g = gradient.row(b, y), *s = in.row(b, y), *t = out.row(b, y);
        for (int i = 0; i < in.ROW; i++) t[i] += s[i] > 0 ? g[i] : vec{};
    }
}

// ---- convolutions: weights lie as (window, in, out) -----------------------------------------------------------------------

// `in` points at pixel (0, 0) of bordered maps of size HI with CI channels; K is the window, S the stride
template <int HI, int CI, int CO, int K, int S>
void conv(const float* in, const vec* weight, Map<HI / S, CO>& out, int n, bool accumulate) {
    const int H = HI / S, V = CO / 8, PITCH = HI + 2;
    EACH_ROW(H) {
        vec sum[H][V];
        vec* t = out.row(b, y);
        for (int p = 0; p < H; p++) for (int v = 0; v < V; v++) sum[p][v] = accumulate ? t[p * V + v] : vec{};
        for (int ky = 0; ky < K; ky++) for (int kx = 0; kx < K; kx++) {
            const float* s = in + ((b * PITCH + y * S + ky - K / 2) * PITCH + kx - K / 2) * CI;
            const vec* w = weight + (ky * K + kx) * CI * V;
            for (int c = 0; c < CI; c++) for (int v = 0; v < V; v++) {
                vec wv = w[c * V + v];
#pragma GCC unroll 8
                for (int p = 0; p < H; p++) sum[p][v] += s[p * S * CI + c] * wv;
            }
        }
        for (int p = 0; p < H; p++) for (int v = 0; v < V; v++) t[p * V + v] = sum[p][v];
    }
}
// gradient += d loss / d weight
template <int HI, int CI, int CO, int K, int S>
void conv_weight_gradient(const float* in, const Map<HI / S, CO>& upstream, vec* gradient, int n) {
    const int H = HI / S, V = CO / 8, PITCH = HI + 2, BLOCK = CI < 8 / V ? CI : 8 / V;
    for (int b = 0; b < n; b++) for (int k = 0; k < K * K; k++) for (int c0 = 0; c0 < CI; c0 += BLOCK) {
        vec sum[BLOCK][V];
        vec* t = gradient + (k * CI + c0) * V;
        for (int c = 0; c < BLOCK; c++) for (int v = 0; v < V; v++) sum[c][v] = t[c * V + v];
        for (int y = 0; y < H; y++) {
            const float* s = in + ((b * PITCH + y * S + k / K - K / 2) * PITCH + k % K - K / 2) * CI + c0;
            const vec* g = upstream.row(b, y);
            for (int p = 0; p < H; p++)
#pragma GCC unroll 8
                for (int c = 0; c < BLOCK; c++) for (int v = 0; v < V; v++) sum[c][v] += s[p * S * CI + c] * g[p * V + v];
        }
        for (int c = 0; c < BLOCK; c++) for (int v = 0; v < V; v++) t[c * V + v] = sum[c][v];
    }
}
// The gradient of the input of a stride-1 convolution is a convolution with these weights.
template <int CI, int CO, int K> void transpose(const float* weight, float* out) {
    for (int k = 0; k < K * K; k++) for (int i = 0; i < CI; i++) for (int o = 0; o < CO; o++)
        out[((K * K - 1 - k) * CO + o) * CI + i] = weight[(k * CI + i) * CO + o];
}
template <int HI, int CI, int CO>
void conv_stride2_input_gradient(const Map<HI / 2, CO>& upstream, const float* weight, Map<HI, CI>& gradient, int n) {
    static_assert(CI == 8, "one register a pixel");
    const int H = HI / 2;
    static float turned[9 * CI * CO] __attribute__((aligned(32)));
    for (int k = 0; k < 9; k++) for (int i = 0; i < CI; i++) for (int o = 0; o < CO; o++)
        turned[(k * CO + o) * CI + i] = weight[(k * CI + i) * CO + o];
    EACH_ROW(H) for (int k = 0; k < 9; k++) {
        vec sum[H] = {};
        const float* g = upstream.floats(b, y);
        const vec* w = (const vec*)turned + k * CO;
        for (int o = 0; o < CO; o++) for (int p = 0; p < H; p++) sum[p] += g[p * CO + o] * w[o];
        vec* t = gradient.row(b, 2 * y + k / 3 - 1) + (k % 3 - 1);
        for (int p = 0; p < H; p++) t[2 * p] += sum[p];
    }
}

// ---- 3x3 average pooling; pixels outside the image are not counted --------------------------------------------------------

template <int H> float neighbours(int i) { return i == 0 || i == H - 1 ? 2.f : 3.f; }

template <int H, int C> void pool(const Map<H, C>& in, Map<H, C>& out, int n, bool backward, Map<H, C>& scratch) {
    const int V = C / 8;
    const Map<H, C>* source = &in;
    if (backward) {  // divide first, then sum: the transpose of summing first, then dividing
        EACH_ROW(H) for (int p = 0; p < H; p++) for (int v = 0; v < V; v++)
            scratch.row(b, y)[p * V + v] = in.row(b, y)[p * V + v] / (neighbours<H>(y) * neighbours<H>(p));
        source = &scratch;
    }
    EACH_ROW(H) {
        vec column[(H + 2) * V];
        vec *above = source->row(b, y - 1) - V, *here = source->row(b, y) - V, *below = source->row(b, y + 1) - V;
        vec* t = out.row(b, y);
        for (int i = 0; i < (H + 2) * V; i++) column[i] = above[i] + here[i] + below[i];
        for (int p = 0; p < H; p++) for (int v = 0; v < V; v++) {
            vec sum = column[p * V + v] + column[(p + 1) * V + v] + column[(p + 2) * V + v];
            t[p * V + v] += backward ? sum : sum / (neighbours<H>(y) * neighbours<H>(p));
        }
    }
}

// ---- batch norm: parameters are the scale, then the shift -------------------------------------------------------------------

template <int C> struct Norm {
    static const int V = C / 8;
    vec mean[V], inverse[V], running_mean[V], running_var[V];
    Norm() { for (int v = 0; v < V; v++) running_mean[v] = vec{}, running_var[v] = vec{} + 1.f; }

    template <int H>
    void forward(const Map<H, C>& in, Map<H, C>& out, const vec* par, int n, bool training, bool accumulate) {
        const float N = n * H * H;
        if (training) {
            vec sum[V] = {}, square[V] = {};
            EACH_ROW(H) for (int i = 0; i < H; i++) for (int v = 0; v < V; v++) sum[v] += in.row(b, y)[i * V + v];
            for (int v = 0; v < V; v++) mean[v] = sum[v] / N;
            EACH_ROW(H) for (int i = 0; i < H; i++) for (int v = 0; v < V; v++) {
                vec d = in.row(b, y)[i * V + v] - mean[v];
                square[v] += d * d;
            }
            for (int v = 0; v < V; v++) {
                running_mean[v] += bn_momentum * (mean[v] - running_mean[v]);
                running_var[v] += bn_momentum * (square[v] / (N - 1) - running_var[v]);
                for (int k = 0; k < 8; k++) inverse[v][k] = 1 / std::sqrt(square[v][k] / N + 1e-5f);
            }
        }
        vec scale[V], shift[V];
        for (int v = 0; v < V; v++) {
            vec r = inverse[v], m = mean[v];
            if (!training) {
                m = running_mean[v];
                for (int k = 0; k < 8; k++) r[k] = 1 / std::sqrt(running_var[v][k] + 1e-5f);
            }
            scale[v] = par[v] * r;
            shift[v] = par[V + v] - m * scale[v];
        }
        EACH_ROW(H) {
            vec *s = in.row(b, y), *t = out.row(b, y);
            for (int i = 0; i < H; i++) for (int v = 0; v < V; v++) {
                vec z = s[i * V + v] * scale[v] + shift[v];
                t[i * V + v] = accumulate ? t[i * V + v] + z : z;
            }
        }
    }
    // `gradient` of the input may be the map `in` itself
    template <int H>
    void backward(const Map<H, C>& in, const Map<H, C>& upstream, Map<H, C>& gradient, const vec* par, vec* dpar, int n) {
        const float N = n * H * H;
        vec dscale[V] = {}, dshift[V] = {};
        EACH_ROW(H) for (int i = 0; i < H; i++) for (int v = 0; v < V; v++) {
            vec g = upstream.row(b, y)[i * V + v];
            dshift[v] += g;
            dscale[v] += g * (in.row(b, y)[i * V + v] - mean[v]);
        }
        vec a[V], c[V], k[V];  // the input's gradient is a g - c x + k
        for (int v = 0; v < V; v++) {
            dscale[v] *= inverse[v];
            dpar[v] += dscale[v];
            dpar[V + v] += dshift[v];
            a[v] = par[v] * inverse[v];
            c[v] = a[v] * inverse[v] * dscale[v] / N;
            k[v] = -a[v] * dshift[v] / N + c[v] * mean[v];
        }
        EACH_ROW(H) {
            vec *s = in.row(b, y), *g = upstream.row(b, y), *t = gradient.row(b, y);
            for (int i = 0; i < H; i++) for (int v = 0; v < V; v++)
                t[i * V + v] = a[v] * g[i * V + v] - c[v] * s[i * V + v] + k[v];
        }
    }
};

// ---- the cell -------------------------------------------------------------------------------------------------------------

template <int H, int C> struct Cell {
    Map<H, C> node[NODES], active[NODES];            // a node's sum, and its ReLU, which convolutions read
    Map<H, C> dnode[NODES], dactive[NODES];          // their gradients
    Map<H, C> z[EDGES], scratch;                     // convolution outputs before batch norm
    Norm<C> norm[EDGES];
    int at[EDGES];                                   // where an edge's weights lie
    bool read_by_conv[NODES];
    const int* ops;
    float turned[9 * C * C] __attribute__((aligned(32)));

    static int window(int op) { return op == CONV1 ? 1 : op == CONV3 ? 9 : 0; }

    int init(const int* cell, int offset) {
        ops = cell;
        memset(read_by_conv, 0, sizeof read_by_conv);
        for (int e = 0; e < EDGES; e++) {
            norm[e] = Norm<C>();
            at[e] = offset;
            if (int k = window(ops[e])) {
                offset += k * C * C + 2 * C;
                read_by_conv[FROM[e]] = true;
            }
        }
        return offset;
    }
    void forward(const float* par, int n, bool training) {
        for (int j = 1; j < NODES; j++) clear(node[j], n);
        for (int e = 0; e < EDGES; e++) {
            int a = FROM[e], b = TO[e], k = window(ops[e]);
            const vec* w = (const vec*)(par + at[e]);
            bool first_edge_out = e == 0 || e == 2 || e == 5;  // of nodes 0, 1, 2: the node is complete now
            if (read_by_conv[a] && first_edge_out) relu(node[a], active[a], n);
            if (ops[e] == SKIP) add(node[a], node[b], n);
            if (ops[e] == POOL) pool(node[a], node[b], n, false, scratch);
            if (ops[e] == CONV1) conv<H, C, C, 1, 1>(active[a].floats(0, 0), w, z[e], n, false);
            if (ops[e] == CONV3) conv<H, C, C, 3, 1>(active[a].floats(0, 0), w, z[e], n, false);
            if (k) norm[e].forward(z[e], node[b], w + k * C * C / 8, n, training, true);
        }
    }
    void backward(const float* par, float* grad, int n) {  // takes dnode[3], leaves dnode[0]
        for (int j = 0; j < NODES - 1; j++) {
            clear(dnode[j], n);
            if (read_by_conv[j]) clear(dactive[j], n);
        }
        for (int e = EDGES - 1; e >= 0; e--) {
            int a = FROM[e], b = TO[e], k = window(ops[e]);
            const vec* w = (const vec*)(par + at[e]);
            vec* d = (vec*)(grad + at[e]);
            bool last_edge_in = e == 2 || e == 0;  // seen from behind: all edges out of node b are done
            if (last_edge_in && read_by_conv[b]) add_relu_gradient(dactive[b], node[b], dnode[b], n);
            if (ops[e] == SKIP) add(dnode[b], dnode[a], n);
            if (ops[e] == POOL) pool(dnode[b], dnode[a], n, true, scratch);
            if (!k) continue;
            norm[e].backward(z[e], dnode[b], z[e], w + k * C * C / 8, d + k * C * C / 8, n);
            if (k == 1) {
                conv_weight_gradient<H, C, C, 1, 1>(active[a].floats(0, 0), z[e], d, n);
                transpose<C, C, 1>((const float*)w, turned);
                conv<H, C, C, 1, 1>(z[e].floats(0, 0), (vec*)turned, dactive[a], n, true);
            } else {
                conv_weight_gradient<H, C, C, 3, 1>(active[a].floats(0, 0), z[e], d, n);
                transpose<C, C, 3>((const float*)w, turned);
                conv<H, C, C, 3, 1>(z[e].floats(0, 0), (vec*)turned, dactive[a], n, true);
            }
        }
        if (read_by_conv[0]) add_relu_gradient(dactive[0], node[0], dnode[0], n);
    }
};

// ---- the network ----------------------------------------------------------------------------------------------------------

struct Net {
    static const int C0 = CHANNELS, C1 = 2 * CHANNELS;
    Cell<8, C0> first;
    Cell<4, C1> second;
    Norm<C0> stem_norm;
    Norm<C1> reduce_norm, last_norm;
    Map<8, C0> stem, reduce_in, dreduce_in;
    Map<4, C1> reduce_z, top, dtop;
    float images[BATCH * 100];  // bordered, one channel
    float pooled[BATCH][C1], logits[BATCH][MAX_CLASSES];
    int reduce_at, last_at, linear_at, total, classes;

    int init(const int* cell, int k) {
        classes = k;
        stem_norm = Norm<C0>(), reduce_norm = Norm<C1>(), last_norm = Norm<C1>();
        memset(images, 0, sizeof images);
        reduce_at = first.init(cell, 9 * C0 + 2 * C0);
        last_at = second.init(cell, reduce_at + 9 * C0 * C1 + 2 * C1);
        linear_at = last_at + 2 * C1;
        return total = linear_at + classes * C1 + classes;
    }
    void forward(const float* par, const float* data, const int* pick, int n, bool training) {
        for (int b = 0; b < n; b++) for (int y = 0; y < 8; y++)
            memcpy(images + (b * 10 + y + 1) * 10 + 1, data + (pick ? pick[b] : b) * 64 + y * 8, 8 * sizeof(float));
        conv<8, 1, C0, 3, 1>(images + 11, (const vec*)par, stem, n, false);
        stem_norm.forward(stem, first.node[0], (const vec*)(par + 9 * C0), n, training, false);
        first.forward(par, n, training);
        relu(first.node[3], reduce_in, n);
        conv<8, C0, C1, 3, 2>(reduce_in.floats(0, 0), (const vec*)(par + reduce_at), reduce_z, n, false);
        reduce_norm.forward(reduce_z, second.node[0], (const vec*)(par + reduce_at + 9 * C0 * C1), n, training, false);
        second.forward(par, n, training);
        last_norm.forward(second.node[3], top, (const vec*)(par + last_at), n, training, false);
        const float *w = par + linear_at, *bias = w + classes * C1;
        for (int b = 0; b < n; b++) {
            for (int k = 0; k < C1; k++) {
                float sum = 0;
                for (int y = 0; y < 4; y++) for (int p = 0; p < 4; p++) {
                    float q = top.floats(b, y)[p * C1 + k];
                    sum += q > 0 ? q : 0;
                }
                pooled[b][k] = sum / 16;
            }
            for (int j = 0; j < classes; j++) {
                float sum = bias[j];
                for (int k = 0; k < C1; k++) sum += w[j * C1 + k] * pooled[b][k];
                logits[b][j] = sum;
            }
        }
    }
    void backward(const float* par, float* g, int n) {  // logits hold d loss / d logits
        const float* w = par + linear_at;
        for (int b = 0; b < n; b++) {
            float dpooled[C1] = {};
            for (int j = 0; j < classes; j++) {
                float q = logits[b][j];
                g[linear_at + classes * C1 + j] += q;
                for (int k = 0; k < C1; k++) {
                    g[linear_at + j * C1 + k] += q * pooled[b][k];
                    dpooled[k] += q * w[j * C1 + k];
                }
            }
            for (int y = 0; y < 4; y++) for (int p = 0; p < 4; p++) for (int k = 0; k < C1; k++)
                ((float*)dtop.row(b, y))[p * C1 + k] = top.floats(b, y)[p * C1 + k] > 0 ? dpooled[k] / 16 : 0;
        }
        last_norm.backward(second.node[3], dtop, second.dnode[3], (const vec*)(par + last_at), (vec*)(g + last_at), n);
        second.backward(par, g, n);
        int norm_at = reduce_at + 9 * C0 * C1;
        reduce_norm.backward(reduce_z, second.dnode[0], reduce_z, (const vec*)(par + norm_at), (vec*)(g + norm_at), n);
        conv_weight_gradient<8, C0, C1, 3, 2>(reduce_in.floats(0, 0), reduce_z, (vec*)(g + reduce_at), n);
        clear(dreduce_in, n);
        conv_stride2_input_gradient<8, C0, C1>(reduce_z, par + reduce_at, dreduce_in, n);
        clear(first.dnode[3], n);
        add_relu_gradient(dreduce_in, first.node[3], first.dnode[3], n);
        first.backward(par, g, n);
        stem_norm.backward(stem, first.dnode[0], stem, (const vec*)(par + 9 * C0), (vec*)(g + 9 * C0), n);
        conv_weight_gradient<8, 1, C0, 3, 1>(images + 11, stem, (vec*)g, n);
    }
    int best(int b) const {
        int k = 0;
        for (int j = 1; j < classes; j++) if (logits[b][j] > logits[b][k]) k = j;
        return k;
    }
};

// keep: (n, classes), filled with the logits; or null
static float evaluate(Net& net, const float* par, const float* data, const int* labels, int n, float* loss,
                      float* keep = nullptr) {
    int correct = 0;
    double sum = 0;
    for (int i = 0; i < n; i += BATCH) {
        int m = n - i < BATCH ? n - i : BATCH;
        net.forward(par, data + i * 64, nullptr, m, false);
        for (int b = 0; b < m; b++) {
            int k = net.best(b);
            double z = 0;
            for (int j = 0; j < net.classes; j++) z += std::exp(net.logits[b][j] - net.logits[b][k]);
            if (keep) memcpy(keep + (size_t)(i + b) * net.classes, net.logits[b], net.classes * sizeof(float));
            sum += std::log(z) + net.logits[b][k] - net.logits[b][labels[i + b]];
            correct += k == labels[i + b];
        }
    }
    *loss = sum / n;
    return (float)correct / n;
}

extern "C" int count_parameters(const int* cell, int classes) {
    static Net* net = new Net;
    return net->init(cell, classes);
}

// curves: (epochs, 6) loss and accuracy on train, val, test; the test columns are written only where test_at is set.
// order: (epochs, n_train), the images of each epoch. weights are updated in place. logits: (n_val + n_test, classes) after
// the last epoch, or null.
extern "C" void train(const int* cell, int classes, float* weights, const float* x_train, const int* y_train, int n_train,
                      const float* x_val, const int* y_val, int n_val, const float* x_test, const int* y_test, int n_test,
                      const int* order, int epochs, int batch, float lr, float decay, float momentum, float bn,
                      const int* test_at, float* curves, float* logits) {
    static Net* net = new Net;
    bn_momentum = bn;
    int P = net->init(cell, classes), padded = (P + 15) / 16 * 16;
    float* par = (float*)aligned_alloc(64, padded * sizeof(float));
    float* grad = (float*)aligned_alloc(64, padded * sizeof(float));
    float* buffer = (float*)aligned_alloc(64, padded * sizeof(float));
    memcpy(par, weights, P * sizeof(float));
    memset(buffer, 0, padded * sizeof(float));
    int steps = n_train / batch, step = 0;
    for (int epoch = 0; epoch < epochs; epoch++) {
        double loss = 0;
        int correct = 0;
        for (int i = 0; i < steps; i++) {
            const int* pick = order + (size_t)epoch * n_train + i * batch;
            net->forward(par, x_train, pick, batch, true);
            for (int b = 0; b < batch; b++) {  // softmax and cross entropy; logits become their gradient
                float* l = net->logits[b];
                int k = net->best(b), label = y_train[pick[b]];
                correct += k == label;
                float top = l[k], own = l[label];
                double z = 0;
                for (int j = 0; j < classes; j++) z += l[j] = std::exp(l[j] - top);
                loss += std::log(z) + top - own;
                for (int j = 0; j < classes; j++) l[j] = (l[j] / z - (j == label)) / batch;
            }
            memset(grad, 0, padded * sizeof(float));
            net->backward(par, grad, batch);
            float rate = 0.5 * lr * (1 + std::cos(M_PI * step++ / (epochs * steps)));
            for (int q = 0; q < P; q++) {  // SGD with Nesterov's momentum
                float d = grad[q] + decay * par[q];
                buffer[q] = momentum * buffer[q] + d;
                par[q] -= rate * (d + momentum * buffer[q]);
            }
        }
        float* row = curves + epoch * 6;
        row[0] = loss / (steps * batch);
        row[1] = (float)correct / (steps * batch);
        row[3] = evaluate(*net, par, x_val, y_val, n_val, row + 2);
        if (test_at[epoch]) row[5] = evaluate(*net, par, x_test, y_test, n_test, row + 4);
    }
    if (logits) {
        float loss;
        evaluate(*net, par, x_val, y_val, n_val, &loss, logits);
        evaluate(*net, par, x_test, y_test, n_test, &loss, logits + (size_t)n_val * classes);
    }
    memcpy(weights, par, P * sizeof(float));
    free(par), free(grad), free(buffer);
}
