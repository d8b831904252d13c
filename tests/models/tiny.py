"""Tiny random models of every architecture, with the tokenizers that their kind has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

SENTENCES = (
    "The council of Port Alder voted on Tuesday to keep the ferry to Grey Island.",
    "Some 5,214 people backed the ferry, returning officer Hugh Lindqvist said.",
    "A similar proposal was dropped in 2015 when island shopkeepers threatened to sue.",
    "Der Rat von Port Alder stimmte am Dienstag für die Fähre.",
    "Le conseil de Port Alder a voté mardi pour garder le bac.",
)
PAD, BOS, EOS, UNK = "<pad>", "<s>", "</s>", "<unk>"
SIZE = 300
WIDTH = 32
_BART = {
    "d_model": WIDTH, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
    "decoder_attention_heads": 2, "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
}  # fmt: skip
_T5 = {"d_model": WIDTH, "d_kv": 16, "d_ff": 64, "num_layers": 1, "num_heads": 2}


def make(kind: str, folder: Path) -> Path:
    """Save a random model of ``kind`` to ``folder`` as transformers saves one."""
    import torch

    torch.manual_seed(7)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(kind)
    tokenizer.save_pretrained(folder)
    model = _model(kind, tokenizer)
    with torch.no_grad():
        # Larger weights than training starts with, so that outputs differ by more than rounding.
        for name, weights in model.named_parameters():
            if weights.dim() > 1 and "embed_positions" not in name:
                weights.normal_(0, 0.15)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias[0, tokenizer.pad_token_id] = -1e4  # no trained one writes it
    model.save_pretrained(folder)
    return folder


def _model(kind: str, tokenizer: Any) -> Any:
    import transformers as t

    marks = {
        "vocab_size": len(tokenizer), "pad_token_id": tokenizer.pad_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }  # fmt: skip
    bart = _BART | marks | {"bos_token_id": tokenizer.bos_token_id, "max_position_embeddings": 256}
    end, pad = tokenizer.eos_token_id, tokenizer.pad_token_id
    if kind == "bart":
        config = t.BartConfig(**bart, decoder_start_token_id=end, forced_bos_token_id=None)
        return t.BartForConditionalGeneration(config)
    if kind == "bart-mask":  # as bart-large-cnn: no row for the tokenizer's last token
        config = t.BartConfig(
            **bart | {"vocab_size": len(tokenizer) - 1}, decoder_start_token_id=end
        )
        return t.BartForConditionalGeneration(config)
    if kind == "bart-forced":
        start = tokenizer.bos_token_id
        config = t.BartConfig(**bart, decoder_start_token_id=end, forced_bos_token_id=start)
        model = t.BartForConditionalGeneration(config)
        model.generation_config.forced_bos_token_id = start
        return model
    if kind == "pegasus":
        config = t.PegasusConfig(**bart | {"decoder_start_token_id": pad, "scale_embedding": True})
        return t.PegasusForConditionalGeneration(config)
    if kind.startswith("mbart"):
        start = None if kind == "mbart-cc25" else end
        config = t.MBartConfig(**bart, decoder_start_token_id=start, scale_embedding=True)
        return t.MBartForConditionalGeneration(config)
    if kind == "led":
        config = t.LEDConfig(
            **bart, decoder_start_token_id=end, attention_window=16,
            max_encoder_position_embeddings=256, max_decoder_position_embeddings=256,
        )  # fmt: skip
        return t.LEDForConditionalGeneration(config)
    own = _T5 | marks | {"decoder_start_token_id": pad}
    if kind == "t5":
        return t.T5ForConditionalGeneration(t.T5Config(**own))
    gated = own | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False}
    if kind == "flan-t5":
        return t.T5ForConditionalGeneration(t.T5Config(**gated))
    return t.MT5ForConditionalGeneration(t.MT5Config(**gated | {"vocab_size": len(tokenizer) + 12}))


def _tokenizer(kind: str) -> Any:
    from transformers import PreTrainedTokenizerFast

    marks = {"pad_token": PAD, "eos_token": EOS, "unk_token": UNK}
    if kind == "bart-mask":
        marks["mask_token"] = "<mask>"
    if kind.startswith("bart") or kind == "led":
        made = _byte_level()
        return PreTrainedTokenizerFast(tokenizer_object=made, bos_token=BOS, **marks)
    codes: Sequence[str] = ()
    if kind.startswith("mbart"):
        from briefing.models.backend import ADDED_IN_50, CC25

        codes = CC25 if kind == "mbart-cc25" else (*CC25, *ADDED_IN_50)
    made = _unigram(kind, codes)
    if codes:
        marks |= {"bos_token": BOS, "extra_special_tokens": list(codes)}
    return PreTrainedTokenizerFast(tokenizer_object=made, **marks)


def _byte_level() -> Any:
    """BART's kind: byte pairs over bytes, <s> before and </s> after."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE, special_tokens=[BOS, PAD, EOS, UNK], show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )  # fmt: skip
    made.train_from_iterator(SENTENCES, trainer)
    made.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A {EOS}", special_tokens=[(BOS, 0), (EOS, 2)]
    )
    return made


def _unigram(kind: str, codes: Sequence[str]) -> Any:
    """SentencePiece's kind: unigrams with ▁ for a space, </s> after."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    special = [BOS, PAD, EOS, UNK] if codes else [PAD, EOS, UNK]
    trainer = trainers.UnigramTrainer(
        vocab_size=SIZE, special_tokens=[*special, *codes], unk_token=UNK, show_progress=False
    )
    made.train_from_iterator(SENTENCES, trainer)
    end = made.token_to_id(EOS)
    made.post_processor = processors.TemplateProcessing(
        single=f"$A {EOS}", special_tokens=[(EOS, end)]
    )
    return made
