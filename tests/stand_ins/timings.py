"""A processor, and seconds of an epoch on every rung of the ladder, made up."""

from report.experiments.hardware import Device

CPU = Device(
    kind="cpu",
    name="Maker's processor",
    memory_bytes=2**34,
    torch_version="2.9",
    backend_version=None,
    threads=2,
    float32_precision="highest",
    tensor_float32_convolutions=None,
)
EPOCHS = {
    "notebook": 10.0,
    "loader_workers": 7.0,
    "tensor_dataset": 1.5,
    "fit": 0.5,
    "fit_one_thread": 0.5,
    "fit_pool": 0.3,
    "scikit_learn": 0.6,
    "products": 0.25,
}
