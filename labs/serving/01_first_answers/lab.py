"""The source of this lab, with solutions. The notebook beside it is made of it:

workbench learning build serving/01_first_answers
"""

# Prose has long lines, and cells show values.
# ruff: noqa: E501, T201, B018

# %% [markdown]
# # First answers
#
# **Question.** What does a language model give back, and how do we measure it?
#
# About 35 minutes and 1 GB of memory. You will ask a real model of 135 million parameters that runs on this machine, and by the end you will read its answers as what they are: draws from probabilities that you can look at.
#
# There are seven tasks. Each one has a cell for your code and a `check(...)` that says what it expected and what it found. A check may be run as often as you like.

# %%
import json
import math

from workbench import models
from workbench.learning import lab

lab = lab("serving/01_first_answers")
check = lab.check

# %% [markdown]
# If you are stuck, `lab.hint("q1")` gives a hint; asked again, it gives a plainer one. `lab.solution("q1")` shows one way to do it. Try first: what you found yourself stays with you.
#
# The checks here are public. When the notebook is graded, it runs once more from top to bottom in a process of its own, and your functions are called with inputs that nobody has seen. So write functions that work, not answers that fit.
#
# Loading the model takes a second or two. It is 98 MB on the disk. Like most models that you will meet, it is set up here to answer with a temperature of 0.7 where a call names none.

# %%
model = models.load("smollm2-135m", engine="llamacpp", sampling={"temperature": 0.7})
model.info

# %% [markdown]
# ## 1. Ask the model
#
# A chat model reads a *conversation*: a list of messages, each with a `role` and a `content`. A template, which came with the model, turns that list into one long text with marks between the turns. The model then does the only thing it can: it goes on with the text, token by token.

# %%
print(model.render([{"role": "user", "content": "What is the capital of Peru?"}]))

# %% [markdown]
# Two things are worth a look. The template put a *system* message in front that we never wrote; this model was trained with it. And the last line opens the assistant's turn and leaves it open: that is the place where the model goes on.
#
# A *token* is a piece of text: a common word together with the space before it, or a part of a rare one. The model knows 49,152 of them, and knows nothing of letters.

# %%
ids = model.tokenize("Is Ouagadougou far from Lima?")
[model.detokenize([token]) for token in ids]

# %% [markdown]
# `model.chat(messages, max_tokens=..., temperature=...)` returns a `Reply`. The answer is in its field `text`; the others say what the answer cost.
#
# - `max_tokens` ends the answer after so many tokens, in the middle of a word if need be.
# - `temperature=0` always takes the likeliest next token. Nothing is left to chance. Left out, it is the model's default: here 0.7.
#
# **Task 1.** Write `ask(question)`: one user message, at most 24 tokens, temperature 0. Return the text of the answer.


# %%
def ask(question: str) -> str:
    """The model's likeliest answer to a question, of at most 24 tokens."""
    ### BEGIN SOLUTION
    messages = [{"role": "user", "content": question}]
    return model.chat(messages, max_tokens=24, temperature=0).text
    ### STUB
    # raise NotImplementedError("task 1")
    ### END SOLUTION


# %%
check("q1")

# %% [markdown]
# *A common mistake* is to return the reply itself. A reply is a record with a dozen fields, and only one of them is the answer.
#
# Once the check passes, ask for the capitals of Japan, Kenya and Italy below. A model this small knows much and is sure of everything: one of the three answers may surprise you.

# %%
### BEGIN SOLUTION
[ask(f"What is the capital of {country}?") for country in ("Japan", "Kenya", "Italy")]
### STUB
# # your questions, e.g. ask("What is the capital of Italy?")
### END SOLUTION

# %% [markdown]
# ## 2. Temperature and seed
#
# For each next token the model gives every token of its vocabulary a probability. The *temperature* says how these are used:
#
# | temperature | what happens |
# |---|---|
# | 0 | the likeliest token, always |
# | below 1 | likely tokens become likelier still |
# | 1 | drawn with the model's own probabilities |
# | above 1 | unlikely tokens get a better chance |
#
# Where something is drawn there are dice. The *seed* is the state in which the dice begin: the same seed gives the same draws, so a result can be had again. It is not a quality setting, and no seed is better than another.
#
# **Task 2.** Write `ask_several(question, seeds, temperature)`: one answer for each seed, in that order, of at most 24 tokens each. Return the list of texts.


# %%
def ask_several(question: str, seeds: list[int], temperature: float) -> list[str]:
    """One answer for each seed."""
    ### BEGIN SOLUTION
    messages = [{"role": "user", "content": question}]
    return [
        model.chat(messages, max_tokens=24, temperature=temperature, seed=seed).text
        for seed in seeds
    ]
    ### STUB
    # raise NotImplementedError("task 2")
    ### END SOLUTION


# %%
check("q2")

# %% [markdown]
# *A common mistake* is to leave the seed out. Then one is drawn for you at each call, the answers still differ, and all looks well until somebody wants to repeat your result.
#
# Try temperatures of 0, 0.7 and 1.5 with the seeds 1, 2 and 3. When do the seeds stop to matter? When does the text fall apart?

# %%
### BEGIN SOLUTION
for temperature in (0, 0.7, 1.5):
    print(temperature, ask_several("Write one sentence about the sea.", [1, 2], temperature))
### STUB
# # your experiment, e.g. ask_several("Write one sentence about the sea.", [1, 2, 3], 1.5)
### END SOLUTION

# %% [markdown]
# ## 3. The probability of a sentence
#
# So far we let the model write. We can also hand it a text and ask how likely it finds that text. This is often the more useful question: to rank answers, to find odd sentences, to compare models.
#
# The probability of a whole sentence is the product of its tokens' probabilities, each given all that came before:
#
# $$p(\text{sentence}) = p(t_1)\, p(t_2 \mid t_1)\, p(t_3 \mid t_1 t_2) \cdots$$
#
# Such a product is soon too small for a computer: 400 tokens at a probability of 0.1 make $10^{-400}$, and the smallest ordinary floating-point number is about $10^{-308}$. So everybody works with logarithms.

# %%
math.prod([0.1] * 400), sum(math.log(0.1) for _ in range(400))

# %% [markdown]
# The product has become 0, and nothing can be told from it. The sum of logarithms still says exactly how small it is.
#
# `model.score(prompt, continuation)` gives the natural log-probability of each token of the continuation, after the prompt. A log-probability is never above 0: 0 means certain, -0.69 means one in two, -4.6 one in a hundred.

# %%
model.score("The capital of France is", " Paris.")

# %% [markdown]
# Two tokens, two numbers: one for ` Paris` and one for the full stop. Mind the space in front of the word. It belongs to the token, and without it the model reads something quite different.
#
# **Task 3.** Write `sentence_logprob(prompt, sentence)`: the log-probability of the whole sentence after the prompt, as one number.


# %%
def sentence_logprob(prompt: str, sentence: str) -> float:
    """The natural log-probability of a whole sentence after a prompt."""
    ### BEGIN SOLUTION
    return sum(model.score(prompt, sentence))
    ### STUB
    # raise NotImplementedError("task 3")
    ### END SOLUTION


# %%
check("q3")

# %% [markdown]
# *A common mistake* is to take the mean here. The mean is the right thing in a moment, but it is not the log-probability of the sentence: that one gets smaller with each further token, as it must.

# %% [markdown]
# ## 4. Perplexity
#
# Long texts are less likely than short ones, simply because more could have gone another way. To compare texts of different length we ask how surprised the model was *per token*, and write it in a form that can be pictured:
#
# $$\text{perplexity} = \exp\left(-\frac{1}{n} \sum_{i=1}^{n} \log p_i\right)$$
#
# A perplexity of 8 means: at each step the model was as unsure as somebody who throws a fair die with 8 faces. 1 means that it was certain of every token. Lower is less surprised.
#
# **Task 4.** Write `perplexity(logprobs)` for a list of natural log-probabilities.


# %%
def perplexity(logprobs: list[float]) -> float:
    """The perplexity of tokens with these natural log-probabilities."""
    ### BEGIN SOLUTION
    return math.exp(-sum(logprobs) / len(logprobs))
    ### STUB
    # raise NotImplementedError("task 4")
    ### END SOLUTION


# %%
check("q4")

# %% [markdown]
# *A common mistake* is to lose the minus sign. The number then lies between 0 and 1 and looks like a probability, which makes it hard to notice. Another is to mix logarithms: if the scores are natural, the exponential must be so too.
#
# Compare an ordinary sentence with the same words in another order:

# %%
### BEGIN SOLUTION
for text in (" The dog sleeps under the old table.", " Table old the under sleeps dog the."):
    print(round(perplexity(model.score("Once more:", text)), 1), text)
### STUB
# # e.g. perplexity(model.score("Once more:", " The dog sleeps under the old table."))
### END SOLUTION

# %% [markdown]
# The words are the same, and so is their number. What the model has learnt is the order.

# %% [markdown]
# ## 5. Which continuation is likeliest?
#
# Multiple-choice tests of language models work like this: each choice is scored as a continuation of the question, and the best score is taken as the model's answer. Nothing is generated at all.
#
# But which score? The sum of log-probabilities falls with each token, so it prefers a short answer to a long one, whatever the answers say. One remedy is the mean **per token**.

# %%
prompt = "The sun rises in the"
for choice in (" east", " east and sets in the west."):
    scores = model.score(prompt, choice)
    print(f"sum {sum(scores):6.2f}   tokens {len(scores)}   {choice!r}")

# %% [markdown]
# By the sum the single word wins. Yet the second choice holds the same word and goes on with something that the model finds all but certain: -5.5 over 7 tokens is about -0.8 per token, against -2.3.
#
# **Task 5.** Write `likeliest(prompt, continuations)`: return the continuation with the greatest mean log-probability per token.


# %%
def likeliest(prompt: str, continuations: list[str]) -> str:
    """The continuation that is likeliest per token."""

    ### BEGIN SOLUTION
    def mean_score(continuation: str) -> float:
        scores = model.score(prompt, continuation)
        return sum(scores) / len(scores)

    return max(continuations, key=mean_score)
    ### STUB
    # raise NotImplementedError("task 5")
    ### END SOLUTION


# %%
check("q5")

# %% [markdown]
# *Common mistakes* are to divide by the number of characters or words instead of tokens, and to return the score or the position instead of the text.
#
# The mean per token is a convention, not a law. It has a bias of its own: it likes long continuations whose end is easy to guess. Reports of such tests therefore have to say which score they used.

# %% [markdown]
# ## 6. Data instead of prose
#
# A program cannot do much with "Sure! Maria is 34." We could beg the model to answer in JSON, and a small model would often break it. Better is to leave it no choice: at each step, tokens that would break a given *JSON schema* are taken out before the draw. What comes then always has the right form.
#
# The form, mind. Whether the values are true is as open as before.
#
# **Task 6.** Fill in `person_schema`: an object with a text `name` and a whole number `age`, both required and nothing besides. Then finish `extract(sentence)`: it returns a dictionary.

# %%
### BEGIN SOLUTION
person_schema = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}
### STUB
# person_schema = {"type": "object"}
### END SOLUTION


# %%
def extract(sentence: str) -> dict:
    """The name and the age in a sentence, as a dictionary."""
    question = f"Extract the name and the age from this sentence: {sentence}"
    messages = [{"role": "user", "content": question}]
    ### BEGIN SOLUTION
    reply = model.chat(messages, max_tokens=40, temperature=0, json_schema=person_schema)
    return json.loads(reply.text)
    ### STUB
    # raise NotImplementedError("task 6")
    ### END SOLUTION


# %%
check("q6")

# %% [markdown]
# *A common mistake* is to give too few tokens. An answer that is cut off in the middle is not valid JSON, schema or not: `reply.finish_reason` is then `"length"` instead of `"stop"`.
#
# What does `extract` return for a sentence without any person in it? Try it. The schema forces an answer even where there is none, and the model makes one up.

# %%
### BEGIN SOLUTION
extract("The bridge was painted green last summer.")
### STUB
# # e.g. extract("The bridge was painted green last summer.")
### END SOLUTION

# %% [markdown]
# ## 7. How fast is it?
#
# An answer takes two kinds of time. First the model reads the whole prompt at once; at the end of that comes the first token (*time to first token*). Then it writes the others one after another, each at about the same pace (*decode rate*, in tokens per second). The first grows with the prompt, the second hardly does, so they are measured apart.
#
# A reply tells `completion_tokens`, `time_to_first_token_s` and `duration_s`, the time of it all.

# %%
question = [{"role": "user", "content": "Write three sentences about rain."}]
reply = model.chat(question, max_tokens=64, temperature=0)
reply.completion_tokens, reply.time_to_first_token_s, reply.duration_s

# %% [markdown]
# **Task 7.** Write `decode_rate(completion_tokens, first_token_s, duration_s)`: the tokens per second after the first token.


# %%
def decode_rate(completion_tokens: int, first_token_s: float, duration_s: float) -> float:
    """Tokens per second, counted from the first token on."""
    ### BEGIN SOLUTION
    return (completion_tokens - 1) / (duration_s - first_token_s)
    ### STUB
    # raise NotImplementedError("task 7")
    ### END SOLUTION


# %%
check("q7")

# %% [markdown]
# *A common mistake* is to divide all tokens by all of the time. The number then depends on how long the prompt was, and two people who measure the same model get different rates.
#
# Compare your rate with the one that the reply holds:

# %%
### BEGIN SOLUTION
(
    decode_rate(reply.completion_tokens, reply.time_to_first_token_s, reply.duration_s),
    reply.tokens_per_s,
)
### STUB
# # decode_rate(reply.completion_tokens, ...), reply.tokens_per_s
### END SOLUTION

# %% [markdown]
# ## Summary
#
# - A model gives probabilities for the next token. An answer is what a rule (temperature) and dice (seed) make of them.
# - A text has a log-probability: the sum over its tokens. Per token, and as an exponential, it is the perplexity.
# - To compare continuations, say which score you use. Sums favour short ones.
# - A JSON schema forces the form of an answer, never its truth.
# - Reading the prompt and writing the answer take time of two kinds. Measure them apart.
#
# Save the notebook, then have it graded in a terminal: `workbench learning grade serving/01_first_answers`. That runs it anew, in a sandbox, and calls your functions with fresh inputs. `workbench learning progress` shows how far you are.
