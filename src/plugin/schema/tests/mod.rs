mod docs;
mod rules;
