"""Writes values.txt: what PyTorch makes of small nets, for crates/train/tests/nn_torch.rs.

    OMP_NUM_THREADS=1 python make.py > values.txt

Made with Python 3.11.7, torch 2.15.0, numpy 2.4.6 on x86-64. Weights and inputs are drawn in float32 with a fixed seed;
everything is computed in float64. Each line is a name, then numbers; `case` begins a case. Parameters and gradients are
in the order of offhook_detect::net::Layer, then scales and shifts of each batch norm.
"""

import torch
from torch import nn
from torch.nn import functional as F

EMPTY = float(torch.tensor(-1.983, dtype=torch.float32))


class Conv(nn.Module):
    def __init__(self, inputs, outputs, kernel, dilation=1, stride=1, residual=False, norm=False, before=0.0):
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, kernel, stride=stride, dilation=dilation)
        self.norm = nn.BatchNorm1d(outputs) if norm else None
        self.past, self.stride, self.residual, self.before = (kernel - 1) * dilation, stride, residual, before

    def forward(self, x):
        y = self.conv(F.pad(x, (self.past, 0), value=self.before)[:, :, self.stride - 1 :])
        y = F.relu(self.norm(y) if self.norm else y)
        return y + x if self.residual else y


class Recurrent(nn.Module):
    def __init__(self, inputs, units):
        super().__init__()
        self.gru = nn.GRU(inputs, units, batch_first=True)

    def forward(self, x):
        return self.gru(x.transpose(1, 2))[0].transpose(1, 2)


class Linear(nn.Module):
    def __init__(self, inputs, outputs, relu=False):
        super().__init__()
        self.linear, self.relu = nn.Linear(inputs, outputs), relu

    def forward(self, x):
        y = self.linear(x.transpose(1, 2)).transpose(1, 2)
        return F.relu(y) if self.relu else y


def crnn(norm):
    return nn.Sequential(
        Conv(6, 5, 5, stride=2, norm=norm, before=EMPTY),
        Conv(5, 5, 3, dilation=2, residual=True, norm=norm),
        Conv(5, 4, 3, norm=norm),
        Recurrent(4, 6),
        Linear(6, 4),
    )


def cnn():
    return nn.Sequential(
        Conv(6, 4, 3, before=EMPTY),
        nn.MaxPool1d(2),
        Conv(4, 5, 3),
        nn.MaxPool1d(3),
        nn.AdaptiveAvgPool1d(1),
        Linear(5, 6, relu=True),
        Linear(6, 1),
    )


def parameters(net):
    own = [p for name, p in net.named_parameters() if ".norm." not in name]
    return own + [p for name, p in net.named_parameters() if ".norm." in name]


def put(name, tensors):
    tensors = [tensors] if isinstance(tensors, torch.Tensor) else tensors
    values = torch.cat([t.detach().reshape(-1).double() for t in tensors])
    print(name, *(f"{v:.9g}" for v in values.tolist()))


def loss_of(outputs, targets, classes, smoothing, scale):
    """The mean over steps that count, as offhook_train::nn::Losses::mean; outputs are [sequences][values][steps]."""
    logits = outputs.transpose(1, 2).reshape(-1, outputs.shape[1])
    labels, binary, weights = targets
    loss = 0.0
    if classes:
        loss = F.cross_entropy(logits[:, :classes], labels, ignore_index=255, label_smoothing=smoothing)
    each = F.binary_cross_entropy_with_logits(logits[:, classes], binary, reduction="none")
    return loss + scale * (each * weights).sum() / weights.sum()


def draw(net, sequences, frames, steps, classes):
    """Inputs rounded to float32, so that both sides see the same."""
    net.double()  # Its parameters were drawn in float32.
    x = torch.randn(sequences, frames, 6, dtype=torch.float32).double()
    rows = sequences * steps
    labels = torch.randint(0, max(classes, 1), (rows,))
    labels[torch.rand(rows) < 0.2] = 255
    binary = torch.rand(rows, dtype=torch.float32).double()
    weights = torch.randint(0, 3, (rows,)).double()
    weights[0] = 1.0
    return x, (labels, binary, weights)


def case(name, net, sequences, frames, steps, classes, smoothing, scale):
    print("case", name)
    x, targets = draw(net, sequences, frames, steps, classes)
    norms = [m for m in net.modules() if isinstance(m, nn.BatchNorm1d)]
    for m in net.modules():
        if isinstance(m, Conv) and m.norm:
            m.conv.bias.data.zero_()
            m.norm.weight.data = (1 + 0.3 * torch.randn(m.norm.weight.shape)).float().double()
            m.norm.bias.data = (0.3 * torch.randn(m.norm.bias.shape)).float().double()
    put("frames", x)
    put("classes", targets[0][: None if classes else 0])
    put("binary", targets[1])
    put("binary_weights", targets[2])
    put("parameters", parameters(net))
    outputs = net(x.transpose(1, 2))
    loss = loss_of(outputs, targets, classes, smoothing, scale)
    loss.backward()
    put("outputs", outputs.transpose(1, 2))
    put("loss", loss)
    put("gradients", [p.grad for p in parameters(net)])
    if norms:
        net.eval()
        put("evaluated", net(x.transpose(1, 2)).transpose(1, 2))
    return net, x, targets


def optimised(net, x, targets, classes, smoothing, scale):
    """Five steps of AdamW with clipped gradients; biases do not decay."""
    groups = [
        {"params": [p for p in net.parameters() if p.dim() > 1], "weight_decay": 0.05},
        {"params": [p for p in net.parameters() if p.dim() == 1], "weight_decay": 0.0},
    ]
    adam = torch.optim.AdamW(groups, lr=1.0, betas=(0.9, 0.999), eps=1e-8)
    norms = []
    for step in range(5):
        for group in adam.param_groups:
            group["lr"] = 0.01 * (step + 1)
        adam.zero_grad()
        loss_of(net(x.transpose(1, 2)), targets, classes, smoothing, scale).backward()
        norms.append(nn.utils.clip_grad_norm_(net.parameters(), 0.2))
        adam.step()
    put("norms", norms)
    put("moved", parameters(net))


torch.manual_seed(7)
print("# torch", torch.__version__)
optimised(*case("crnn", crnn(False), 3, 17, 8, 3, 0.1, 0.7), 3, 0.1, 0.7)
case("normed", crnn(True), 3, 17, 8, 3, 0.0, 1.0)
case("cnn", cnn(), 4, 19, 1, 0, 0.0, 1.0)
